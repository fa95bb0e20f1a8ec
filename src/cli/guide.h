// The model that a guided search asks, taught by what every strategy of the run is told.
#pragma once

#include "cli/lessons.h"
#include "core/problem.h"
#include "model/fitted_time.h"
#include "space/strategy.h"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace gemmtune::cli {

/// What the model said of a problem before anything of it was measured, and what came of it.
struct Forecast {
  std::vector<double> expected_us;  ///< of each candidate; empty where the strategy uses no model
  std::vector<space::Measured> measured;
};

class Guide {
 public:
  explicit Guide(const model::SimulatedMachine& machine, std::vector<Lesson> lessons = {})
      : machine_(machine), lessons_(std::move(lessons)) {}

  /// Of another problem.
  void learn(const model::NormalEquations& evidence) { fitted_.learn(evidence); }

  /// As the kind makes it, with the model where it uses one, to which all strategies of this guide teach what
  /// they are told. When it goes, `hear` gets what was forecast. The guide must outlive it.
  std::unique_ptr<space::Strategy> strategy(
      const space::StrategyKind& kind, const Problem& problem, space::Choice choice,
      std::function<void(const Forecast&)> hear = [](const Forecast&) {});

 private:
  class Taught;

  const model::SimulatedMachine& machine_;
  const std::vector<Lesson> lessons_;
  model::FittedTime fitted_;             ///< to what is over
  std::vector<const Taught*> underway_;  ///< whose evidence still grows
};

/// What these measurements say to a model.
model::NormalEquations evidence_of(const model::SimulatedMachine& machine, const Problem& problem,
                                   const std::vector<Config>& candidates,
                                   const std::vector<space::Measured>& measured);

}  // namespace gemmtune::cli
