// What the products of one step of a model take, added up: ours, and each other provider's where it has them.
// Attention, communication and whatever else a step does are not in it.
#pragma once

#include "report/report.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::report {

/// A product of a step of so many tokens, as the model's layers say.
struct ModelCall {
  std::int64_t tokens = 0;
  std::string layer;
  Problem problem;
  double count = 0;  ///< in one step
};

struct ModelStep {
  std::string name;   ///< of the model
  std::string phase;  ///< prefill, decode, train
  std::int64_t tensor = 1, expert = 1;
  std::string routing;
  std::vector<ModelCall> calls;       ///< by tokens, in the order of the step
  std::vector<std::string> left_out;  ///< linear layers that are no products of a step
};

/// A call, and who was measured at it.
struct ModelProduct {
  ModelCall call;
  const Winner* winner = nullptr;                ///< null: the results lack the problem
  std::vector<std::optional<double>> others_us;  ///< one call of each of ModelTimes::others
  std::vector<std::optional<double>> others_j;   ///< energy of one call

  std::optional<double> ours_us() const;  ///< of all its calls in a step
  /// Of all its calls, what is above the lowest roof; empty without a roof, or without a winner.
  std::optional<double> above_roof_us() const;
};

/// One provider over the products of a step that it has times of.
struct ProviderSum {
  std::int64_t products = 0;
  double theirs_us = 0, ours_us = 0;  ///< of these products, all their calls
  double step_us = 0;                 ///< the step with theirs where there is one, ours elsewhere
  /// The same of energy; empty where that of one of these products was not measured.
  std::optional<double> theirs_j = 0, ours_j = 0, step_j = 0;
};

struct StepSum {
  std::int64_t tokens = 0;
  std::int64_t products = 0;            ///< of the step
  std::int64_t found = 0;               ///< of them in the results
  double ours_us = 0;                   ///< of those found
  std::optional<double> energy_j = {};  ///< of the step; empty where that of a product was not measured
  std::vector<ProviderSum> others = {};

  bool is_whole() const { return found == products; }
};

/// Whether the energy of our step is known, of one of them at least.
bool has_energy(const std::vector<StepSum>& steps);

/// `others`: the libraries, then the peers. Points into the reports.
struct ModelTimes {
  ModelStep step;
  std::vector<std::string> others;  ///< providers with a time of some product
  std::vector<ModelProduct> products;
  std::vector<StepSum> steps;

  const StepSum& step_of(const ModelProduct& product) const;
};

/// The winners of these reports, which must outlive it, by problem; of two the first named counts.
ModelTimes model_times(ModelStep step, const std::vector<const Report*>& reports);

/// At most so many products with most time above the lowest roof, as a part of their step's time, most first.
/// A problem counts once.
std::vector<const ModelProduct*> most_to_gain(const ModelTimes& times, std::size_t count);

}  // namespace gemmtune::report
