// How the candidates of a sweep are chosen: the strategy of each problem, and what it may cost.
#pragma once

#include "core/urgency.h"
#include "space/strategy.h"
#include "tune/sweep_plan.h"
#include "tune/turns.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace gemmtune::tune {

/// 0: no limit.
struct Budget {
  std::size_t candidates = 0;
  double seconds = 0;  ///< of the looks at candidates; the finalists are raced all the same

  bool limits() const { return candidates > 0 || seconds > 0; }
};

struct Budgets {
  Budget problem;  ///< of each
  Budget in_all;   ///< of all problems together

  bool limit() const { return problem.limits() || in_all.limits(); }
};

/// How many of its `candidates` each of so many problems may time; 0: no limit. Of what they may time in all
/// each gets as its weight is to those of the others but for what it cannot use, and one at least. One weight
/// a problem, or none: then all weigh alike.
std::vector<std::size_t> shares(std::span<const std::size_t> candidates, const Budgets& budgets,
                                std::span<const double> weights = {});
/// The same of a plan's problems, by their weights.
std::vector<std::size_t> shares(std::span<const ProblemPlan> problems, const Budgets& budgets);

/// How many candidates of each problem of a plan are expected to be timed.
std::vector<std::size_t> steps_of(std::span<const ProblemPlan> problems, const Budgets& budgets);

/// Seconds that the next problem may take; infinity without a limit. `problems_left`: it and those after it,
/// counted in problems of its weight.
double seconds_of_next(const Budgets& budgets, double elapsed_s, double problems_left);

/// A problem's candidates, for a strategy that may time `most` of them (0: no limit).
space::Choice choice_of(const ProblemPlan& plan, std::size_t most, std::uint64_t seed = 1);

/// The different cubins of these candidates of a problem, in their order.
std::vector<std::size_t> cubins_of(const ProblemPlan& plan, const std::vector<std::size_t>& candidates);

/// Hears of cubins that are going to be needed, as soon as that is known.
using Ask = std::function<void(const std::vector<std::size_t>& cubins, Urgency)>;

/// What a sweep is told of all this. Without `make` every candidate is timed, and nothing asked for.
struct Search {
  /// So many problems take turns. A kernel takes 0.4 s to compile, a round of 24 candidates 0.1 s of the GPU:
  /// one problem after the other, a sweep of dsv3 waited 34 s of 55 for kernels of later rounds; with turns 4
  /// of 30 (H100, 16 cores).
  static constexpr std::size_t kAbreast = 8;

  MakeStrategy make;
  Budgets budgets;
  Ask ask = [](const auto&, auto) {};
};

}  // namespace gemmtune::tune
