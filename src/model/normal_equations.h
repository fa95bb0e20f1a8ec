// Least squares with a penalty on large coefficients (ridge regression), by its normal equations.
#pragma once

#include "model/terms.h"

#include <array>
#include <span>
#include <vector>

namespace gemmtune::model {

using Coefficients = std::array<double, kTerms>;

/// One observation: what it is explained by, less the mean of its problem, and what is to be explained.
struct Centred {
  Coefficients values{};
  double target = 0;
  double weight = 0;
};

class NormalEquations {
 public:
  NormalEquations() : products_(kTerms * kTerms, 0.0) {}

  void add(const Centred& observation);
  void add(const NormalEquations& other, double weight = 1);

  /// The sum of squares of a term over what was added.
  double square(std::size_t term) const { return products_[term * kTerms + term]; }

  /// The coefficients that explain best, each in units of `scale`, with `penalty` on their squares there.
  Coefficients solve(const Coefficients& scale, double penalty) const;

 private:
  std::vector<double> products_;  ///< kTerms x kTerms; the lower half alone is filled
  Coefficients targets_{};
};

}  // namespace gemmtune::model
