// Numbers that are functions of (seed, matrix, row, column) alone, as those of kernels/support/values.cuh
// are: any element can be made anywhere, and a seed names a data set.
#pragma once

#include <cstdint>

namespace gemmtune::accuracy {

/// 64 well-mixed bits of a counter (the finaliser of SplitMix64, Steele et al. 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Bits of one element; `matrix` tells streams of numbers apart.
constexpr std::uint64_t bits_of(std::uint64_t seed, std::uint64_t matrix, std::uint64_t row,
                                std::uint64_t column) {
  return mix(mix(seed * 2 + matrix) ^ mix((row << 32) ^ column));
}

/// In (0, 1): the upper 53 bits.
constexpr double uniform_of(std::uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

/// What stochastic rounding adds, in [0, 1): 16 bits of a counter that four neighbours in a row share, as in
/// kernels/quantise.
constexpr float rounding_noise(std::uint64_t seed, std::uint64_t stream, std::uint64_t row,
                               std::uint64_t column) {
  return static_cast<float>(bits_of(seed, stream, row, column / 4) >> (column % 4 * 16) & 0xffff) * 0x1p-16F;
}

}  // namespace gemmtune::accuracy
