#include "cli/output.h"

#include "report/grid.h"
#include "util/atomic_file.h"
#include "util/text.h"

#include <iostream>

namespace gemmtune::cli {

void add_output_options(Command& command, OutputOptions& options,
                        const std::vector<std::string>& own_formats) {
  const auto common = report::format_names();
  std::vector<std::string> names(common.begin(), common.end());
  names.insert(names.end(), own_formats.begin(), own_formats.end());
  command.option("--format", options.format, "how the result looks").words(names);
  command.option("-o,--output", options.file, "write the result to FILE instead of stdout").type_name("FILE");
}

void emit(const std::string& text, const OutputOptions& options) {
  // A table for people may hold names from files; only --format github has something to say to a CI.
  if (options.file.empty())
    std::cout << (options.format == "table" ? without_log_commands(text) : text);
  else
    write_file_atomic(options.file, text);
}

}  // namespace gemmtune::cli
