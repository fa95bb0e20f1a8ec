#include "cli/option_text.h"

#include "util/text.h"

#include <CLI/CLI.hpp>

namespace gemmtune::cli {

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::vector<std::string> choices(const CLI::Option& option) {
  // "TEXT:{a,b}"; what CLI11 says of other validators differs by version.
  const std::string full = option.get_type_name();
  const std::size_t open = full.find(":{");
  if (open == std::string::npos || full.back() != '}') return {};
  return split(full.substr(open + 2, full.size() - open - 3), ',');
}

std::string value_name(const CLI::Option& option) {
  if (!choices(option).empty()) return "WORD";
  const std::string full = option.get_type_name();
  const std::string plain = full.substr(0, full.find(':'));
  return plain == "UINT" || plain == "INT" ? "N" : plain;
}

}  // namespace gemmtune::cli
