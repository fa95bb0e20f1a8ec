#include "model/fitted_time.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gemmtune::model {

namespace {

// NOTES: chosen on the journals of dsv3 and dsv3-bf16, leaving one NxK out; 3 and 10 for kOwnPenalty, 1e-3 to
// 3e-2 for kPenalty differ little.
constexpr double kPenalty = 1e-2;   ///< of the fit on other problems, whose terms have squares of 1
constexpr double kOwnPenalty = 10;  ///< on what the own observations change, in observations
constexpr double kFarOff = 0.6;     ///< what is so much slower than the fastest says nothing of it
constexpr double kNear = 0.05;      ///< within this of the fastest all count about the same
constexpr double kSmallest = 1e-6;  ///< a term that never changes has some scale too

double log_error(const Observation& observation) {
  return std::log(observation.time_us) - observation.terms.log_expected_us;
}

/// Adds them, centred on their weighted means.
void add_centred(NormalEquations& to, std::span<const Observation> observations,
                 std::span<const double> weights, std::span<const double> targets) {
  double total = 0;
  Centred mean;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    total += weights[i];
    mean.target += weights[i] * targets[i];
    for (std::size_t t = 0; t < kTerms; ++t) mean.values[t] += weights[i] * observations[i].terms.values[t];
  }
  if (total == 0) return;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    Centred centred;
    centred.weight = weights[i];
    centred.target = targets[i] - mean.target / total;
    for (std::size_t t = 0; t < kTerms; ++t)
      centred.values[t] = observations[i].terms.values[t] - mean.values[t] / total;
    to.add(centred);
  }
}

double product(const Coefficients& coefficients, const Terms& terms) {
  double sum = 0;
  for (std::size_t t = 0; t < kTerms; ++t) sum += coefficients[t] * terms.values[t];
  return sum;
}

/// How much each term changes from candidate to candidate.
Coefficients deviations(std::span<const Terms> candidates) {
  Coefficients deviation{};
  const auto count = static_cast<double>(candidates.size());
  for (std::size_t t = 0; t < kTerms; ++t) {
    double sum = 0, squares = 0;
    for (const Terms& terms : candidates) sum += terms.values[t];
    for (const Terms& terms : candidates) squares += std::pow(terms.values[t] - sum / count, 2);
    deviation[t] = std::sqrt(squares / count + kSmallest);
  }
  return deviation;
}

}  // namespace

double weight_of(double regret) {
  return regret < kFarOff ? 1 / (kNear + regret) : 0;
}

NormalEquations evidence_of(std::span<const Observation> observations) {
  double best_us = std::numeric_limits<double>::infinity(), total = 0;
  for (const Observation& observation : observations) best_us = std::min(best_us, observation.time_us);
  std::vector<double> weights, targets;
  for (const Observation& observation : observations) {
    const double regret = observation.time_us / best_us - 1;
    weights.push_back(weight_of(regret));
    targets.push_back(log_error(observation));
    total += weights.back();
  }
  for (double& weight : weights) weight /= total;
  NormalEquations evidence;
  add_centred(evidence, observations, weights, targets);
  return evidence;
}

void FittedTime::learn(const NormalEquations& evidence, double weight) {
  evidence_.add(evidence, weight);
  problems_ += weight;
}

Coefficients FittedTime::coefficients() const {
  if (problems_ == 0) return {};
  Coefficients of_all{};
  for (std::size_t t = 0; t < kTerms; ++t) of_all[t] = std::sqrt(evidence_.square(t) + kSmallest);
  return evidence_.solve(of_all, kPenalty);
}

std::vector<double> FittedTime::expected_us(std::span<const Terms> candidates,
                                            std::span<const Observation> own) const {
  if (candidates.empty()) return {};
  Coefficients scale = deviations(candidates), coefficients = this->coefficients();
  if (problems_ > 0)
    for (std::size_t t = 0; t < kTerms; ++t)
      scale[t] = std::sqrt(evidence_.square(t) / problems_ + kSmallest);
  double offset = 0;
  if (!own.empty()) {
    const std::vector<double> weights(own.size(), 1.0);
    std::vector<double> missed;
    for (const Observation& observation : own)
      missed.push_back(log_error(observation) - product(coefficients, observation.terms));
    NormalEquations here;
    add_centred(here, own, weights, missed);
    const Coefficients change = here.solve(scale, kOwnPenalty);
    for (std::size_t t = 0; t < kTerms; ++t) coefficients[t] += change[t];
    for (const Observation& observation : own)
      offset += (log_error(observation) - product(coefficients, observation.terms)) /
                static_cast<double>(own.size());
  }
  std::vector<double> expected;
  for (const Terms& terms : candidates)
    expected.push_back(std::exp(terms.log_expected_us + product(coefficients, terms) + offset));
  return expected;
}

}  // namespace gemmtune::model
