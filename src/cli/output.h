// Where results go: to stdout or, by -o, to a file. Those that are a grid look as --format says.
#pragma once

#include "cli/command.h"
#include "report/screen.h"
#include "util/sink.h"

#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::cli {

struct OutputOptions {
  std::string format = "table";  ///< a word of report::format_names(), or a command's own
  std::string file;              ///< empty: stdout
};

/// Registers --format, with the command's own formats after those of every grid, and -o/--output; `options`
/// must outlive the parsing.
void add_output_options(Command& command, OutputOptions& options,
                        const std::vector<std::string>& own_formats = {});

/// Of a table on stdout; files and formats for programs know no screen.
report::Screen screen_of(const OutputOptions& options);

/// To stdout. A result that could not be written is no result: a full disk must not look like success. Throws
/// UserError with the reason.
void print(std::string_view text);

/// What stdout still holds back goes out; throws as print().
void flush_stdout();

/// To stdout, or to the file, which appears at once or not at all.
void emit(const std::string& text, const OutputOptions& options);
/// The same of what is for programs and may be too long to be held at once.
void emit(const Pieces& pieces, const OutputOptions& options);

}  // namespace gemmtune::cli
