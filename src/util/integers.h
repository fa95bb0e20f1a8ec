// Divisions that round up.
#pragma once

#include <cstdint>

namespace gemmtune {

/// Of numbers above 0 (`a` may be 0).
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// To a multiple of b.
constexpr std::int64_t round_up(std::int64_t a, std::int64_t b) {
  return ceil_div(a, b) * b;
}

}  // namespace gemmtune
