#include "cli/output.h"

#include "cli/terminal.h"
#include "report/grid.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

[[noreturn]] void fail_to_write() {
  throw UserError(std::string("cannot write to standard output: ") + std::strerror(errno), kExitInternal);
}

}  // namespace

void add_output_options(Command& command, OutputOptions& options,
                        const std::vector<std::string>& own_formats) {
  const auto common = report::format_names();
  std::vector<std::string> names(common.begin(), common.end());
  names.insert(names.end(), own_formats.begin(), own_formats.end());
  command.option("--format", options.format, "how the result looks").words(names);
  command.option("-o,--output", options.file, "write the result to FILE instead of stdout").type_name("FILE");
}

report::Screen screen_of(const OutputOptions& options) {
  if (!options.file.empty() || options.format != "table") return {};
  return {static_cast<std::size_t>(columns(STDOUT_FILENO)), color_on(STDOUT_FILENO)};
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail_to_write();
}

void flush_stdout() {
  if (std::fflush(stdout) != 0) fail_to_write();
}

void emit(const std::string& text, const OutputOptions& options) {
  // A table for people may hold names from files; only --format github has something to say to a CI.
  if (options.file.empty())
    print(options.format == "table" ? without_log_commands(text) : text);
  else
    write_file_atomic(options.file, text);
}

void emit(const Pieces& pieces, const OutputOptions& options) {
  if (options.file.empty())
    pieces(print);
  else
    write_file_atomic(options.file, pieces);
}

}  // namespace gemmtune::cli
