// The analytic model's time times a correction that is fitted on what was measured, of other problems and of
// this one. It says which of a problem's candidates are faster, not how long they take.
#pragma once

#include "model/normal_equations.h"

#include <cstddef>
#include <span>
#include <vector>

namespace gemmtune::model {

/// A candidate of a problem that was measured.
struct Observation {
  Terms terms;
  double time_us = 0;
};

/// What one problem's observations say of the correction. Every problem counts alike, however many there are;
/// what is near the fastest counts more.
NormalEquations evidence_of(std::span<const Observation> observations);

/// How much an observation counts beside others of its problem, by what it loses against the fastest of them.
double weight_of(double regret);

class FittedTime {
 public:
  /// Another problem's evidence, which counts as so many problems.
  void learn(const NormalEquations& evidence, double weight = 1);

  /// Of the correction by all evidence, a factor a term of the logarithm; all 0 without any.
  Coefficients coefficients() const;

  /// For each of a problem's candidates, after what was observed of that problem. Without any evidence the
  /// order is the analytic model's.
  std::vector<double> expected_us(std::span<const Terms> candidates, std::span<const Observation> own) const;

 private:
  NormalEquations evidence_;
  double problems_ = 0;
};

}  // namespace gemmtune::model
