// How the candidates of a sweep are chosen: the strategy of each problem, and what it may cost.
#pragma once

#include "core/urgency.h"
#include "space/strategy.h"
#include "tune/sweep_plan.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace gemmtune::tune {

/// 0: no limit.
struct Budget {
  std::size_t candidates = 0;
  double seconds = 0;  ///< of the looks at candidates; the finalists are raced all the same
};

struct Budgets {
  Budget problem;  ///< of each
  Budget in_all;   ///< of all problems together
};

/// How many of its `candidates` each of so many problems may time; 0: no limit. Of what they may time in all
/// each gets as its weight is to those of the others but for what it cannot use, and one at least. One weight
/// a problem, or none: then all weigh alike.
std::vector<std::size_t> shares(std::span<const std::size_t> candidates, const Budgets& budgets,
                                std::span<const double> weights = {});
/// The same of a plan's problems, by their weights.
std::vector<std::size_t> shares(const SweepPlan& plan, const Budgets& budgets);

/// How many candidates of each problem of a plan are expected to be timed.
std::vector<std::size_t> steps_of(const SweepPlan& plan, const Budgets& budgets);

/// Seconds that the next problem may take; infinity without a limit. `problems_left`: it and those after it,
/// counted in problems of its weight.
double seconds_of_next(const Budgets& budgets, double elapsed_s, double problems_left);

/// A problem's candidates, for a strategy that may time `most` of them (0: no limit).
space::Choice choice_of(const ProblemPlan& plan, std::size_t most, std::uint64_t seed = 1);

/// The different cubins of these candidates of a problem, in their order.
std::vector<std::size_t> cubins_of(const ProblemPlan& plan, const std::vector<std::size_t>& candidates);

/// The strategy of problem `index`, which times at most so many candidates (0: no limit).
using MakeStrategy = std::function<std::unique_ptr<space::Strategy>(std::size_t index, std::size_t most)>;

/// The strategies of one problem after the other. Each is asked for its first round before the problem before
/// it begins: its kernels can be compiled meanwhile. So what a sweep asks does not depend on how fast it is,
/// and one that goes on in a folder asks the same again.
class Turns {
 public:
  struct Turn {
    std::unique_ptr<space::Strategy> strategy;
    std::vector<std::size_t> round;  ///< the first
  };

  /// `hear` is told of each first round. One `most` a problem.
  Turns(MakeStrategy make, std::vector<std::size_t> most,
        std::function<void(std::size_t index, const std::vector<std::size_t>& round)> hear);

  /// Of the next problem; begins the one after it. As often as there are problems.
  Turn take();

  /// What the strategy of the problem after those that were taken may ask for behind its first round.
  std::vector<std::size_t> likely_next() const;

 private:
  void begin();

  MakeStrategy make_;
  std::vector<std::size_t> most_;
  std::function<void(std::size_t, const std::vector<std::size_t>&)> hear_;
  std::size_t begun_ = 0;
  Turn ahead_;
};

/// Hears of cubins that are going to be needed, as soon as that is known; of guesses in place of those
/// before.
using Ask = std::function<void(const std::vector<std::size_t>& cubins, Urgency)>;

/// What a sweep is told of all this. Without `make` every candidate is timed, and nothing asked for.
struct Search {
  MakeStrategy make;
  Budgets budgets;
  Ask ask = [](const auto&, auto) {};
};

}  // namespace gemmtune::tune
