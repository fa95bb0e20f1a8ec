// What recipes cost in accuracy on one pair of operands.
#pragma once

#include "accuracy/data.h"
#include "accuracy/figures.h"
#include "accuracy/recipe.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemmtune::accuracy {

/// One recipe on one pair of operands. Each part is against what stands before it, so that it shows what that
/// step alone adds.
struct Assessment {
  Recipe recipe;
  Figures total;         ///< D against the FP64 product of the original operands
  Figures quantisation;  ///< the FP64 product of the dequantised operands against that of the original ones
  Figures accumulation;  ///< D before it is rounded to its type against the former
  Figures output;        ///< D against D before it is rounded to its type
  double saturated = 0;  ///< share of the sampled values that were too large for the format
  double flushed = 0;    ///< share of them that became zero
};

struct Sizes {
  std::int64_t m = 0, n = 0, k = 0;
  bool operator==(const Sizes&) const = default;
};

struct Options {
  std::int64_t sample = 128;  ///< rows, and columns, of D that are computed: those of sampled_rows()
  std::uint64_t seed = 1;
  unsigned threads = 0;  ///< 0: one a core
};

/// `a` has M rows and `b` has N, both K columns. One assessment a recipe, in their order.
std::vector<Assessment> assess(const Matrix& a, const Matrix& b, std::span<const Recipe> recipes,
                               const Options& options);

/// D's error beside the products that it is made of, for who judges it otherwise.
struct Products {
  std::vector<double> original, dequantised, magnitudes;
  std::vector<float> accumulated, d;
};

Products products_of(const Matrix& a, const Matrix& b, const Recipe& recipe, const Options& options);

}  // namespace gemmtune::accuracy
