#include "util/format.h"

#include <fmt/args.h>
#include <fmt/format.h>

namespace gemmtune {

std::string format_values(std::string_view text, std::span<const FormatValue> values) {
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  for (const FormatValue& value : values)
    std::visit([&](const auto& plain) { store.push_back(plain); }, value.value());
  return fmt::vformat(text, store);
}

}  // namespace gemmtune
