// The model that a guided search asks, taught by what every strategy of the run is told.
#pragma once

#include "core/problem.h"
#include "model/fitted_time.h"
#include "space/strategy.h"

#include <functional>
#include <memory>
#include <vector>

namespace gemmtune::cli {

/// What the model said of a problem before anything of it was measured, and what came of it.
struct Forecast {
  std::vector<double> expected_us;  ///< of each candidate; empty where the strategy uses no model
  std::vector<space::Measured> measured;
};

class Guide {
 public:
  explicit Guide(const model::SimulatedMachine& machine) : machine_(machine) {}

  /// Of another problem.
  void learn(const model::NormalEquations& evidence) { fitted_.learn(evidence); }

  /// As the kind makes it, with the model where it uses one. When it goes, `hear` gets what was forecast, and
  /// the guide learns what it was told. The guide must outlive it.
  std::unique_ptr<space::Strategy> strategy(
      const space::StrategyKind& kind, const Problem& problem, space::Choice choice,
      std::function<void(const Forecast&)> hear = [](const Forecast&) {});

 private:
  class Taught;

  const model::SimulatedMachine& machine_;
  model::FittedTime fitted_;
};

/// What these measurements say to a model.
model::NormalEquations evidence_of(const model::SimulatedMachine& machine, const Problem& problem,
                                   const std::vector<Config>& candidates,
                                   const std::vector<space::Measured>& measured);

}  // namespace gemmtune::cli
