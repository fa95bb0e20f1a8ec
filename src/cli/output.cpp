#include "cli/output.h"

#include "report/grid.h"
#include "util/atomic_file.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace gemmtune::cli {

void add_output_options(CLI::App& command, OutputOptions& options) {
  const auto names = report::format_names();
  command.add_option("--format", options.format, "how the result looks")
      ->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())));
  command.add_option("-o,--output", options.file, "write the result to FILE instead of stdout")
      ->type_name("FILE");
}

void emit(const std::string& text, const OutputOptions& options) {
  if (options.file.empty())
    std::cout << text;
  else
    write_file_atomic(options.file, text);
}

}  // namespace gemmtune::cli
