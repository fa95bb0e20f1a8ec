// A factor's sampled rows as a recipe stores them: elements of the format and their scales.
#pragma once

#include "accuracy/recipe.h"
#include "accuracy/sample.h"

#include <cstdint>
#include <vector>

namespace gemmtune::accuracy {

struct Quantised {
  std::int64_t rows = 0, k = 0;
  std::int64_t group = 0;       ///< of K that shares a scale; k where it is all
  std::vector<float> elements;  ///< rows x k, to be multiplied by their scales
  std::vector<float> scales;    ///< rows x ceil(k / group); ones where there are none
  std::int64_t saturated = 0;   ///< values too large for the format, by more than rounding puts right
  std::int64_t flushed = 0;     ///< values that became zero

  std::int64_t groups() const { return (k + group - 1) / group; }
};

/// The scale of elements whose largest magnitude is `amax`: bit by bit that of scale_value() in
/// kernels/support/values.cuh, for E4M3 and the types that it has.
float scale_of(Element element, ScaleType type, float amax);

/// `whole_amax` is the matrix's, or its history's; looked at where one scale is for all. `seed` is that of
/// the noise of stochastic rounding: rounding_noise(seed, 16, row, column) for A, 17 for B.
Quantised quantise(const Sample& sample, Factor factor, const Recipe& recipe, float whole_amax,
                   std::uint64_t seed, unsigned threads);

}  // namespace gemmtune::accuracy
