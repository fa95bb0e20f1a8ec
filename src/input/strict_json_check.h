// The first pass over a JSON text: refuses what is not JSON, duplicate keys and too deep a nesting, before
// the JSON library builds anything from it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gemmtune::input {

inline constexpr std::size_t kMostDepth = 32;

/// Throws UserError: for a syntax error with line and column, for the rest with a JSON pointer.
void check_strict(const std::string& file, std::string_view bytes);

}  // namespace gemmtune::input
