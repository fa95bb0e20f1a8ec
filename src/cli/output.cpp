#include "cli/output.h"

#include "cli/terminal.h"
#include "report/grid.h"
#include "util/atomic_file.h"

#include <iostream>
#include <unistd.h>

namespace gemmtune::cli {

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

void emit(const std::string& text, const OutputOptions& options) {
  if (options.file.empty())
    std::cout << text;
  else
    write_file_atomic(options.file, text);
}

}  // namespace gemmtune::cli
