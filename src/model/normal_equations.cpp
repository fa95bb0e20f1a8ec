#include "model/normal_equations.h"

#include <cmath>

namespace gemmtune::model {

void NormalEquations::add(const Centred& observation) {
  for (std::size_t i = 0; i < kTerms; ++i) {
    const double weighted = observation.weight * observation.values[i];
    if (weighted == 0) continue;
    for (std::size_t j = 0; j <= i; ++j) products_[i * kTerms + j] += weighted * observation.values[j];
    targets_[i] += weighted * observation.target;
  }
}

void NormalEquations::add(const NormalEquations& other, double weight) {
  for (std::size_t i = 0; i < products_.size(); ++i) products_[i] += weight * other.products_[i];
  for (std::size_t i = 0; i < kTerms; ++i) targets_[i] += weight * other.targets_[i];
}

/// By Cholesky's decomposition: with the penalty the matrix is positive definite.
Coefficients NormalEquations::solve(const Coefficients& scale, double penalty) const {
  std::vector<double> root(kTerms * kTerms, 0.0);
  Coefficients x{};
  for (std::size_t i = 0; i < kTerms; ++i) {
    double rest = targets_[i] / scale[i];
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = products_[i * kTerms + j] / (scale[i] * scale[j]) + (i == j ? penalty : 0);
      for (std::size_t k = 0; k < j; ++k) sum -= root[i * kTerms + k] * root[j * kTerms + k];
      root[i * kTerms + j] = i == j ? std::sqrt(sum) : sum / root[j * kTerms + j];
    }
    for (std::size_t k = 0; k < i; ++k) rest -= root[i * kTerms + k] * x[k];
    x[i] = rest / root[i * kTerms + i];
  }
  for (std::size_t i = kTerms; i-- > 0;) {
    for (std::size_t k = i + 1; k < kTerms; ++k) x[i] -= root[k * kTerms + i] * x[k];
    x[i] /= root[i * kTerms + i];
  }
  for (std::size_t i = 0; i < kTerms; ++i) x[i] /= scale[i];
  return x;
}

}  // namespace gemmtune::model
