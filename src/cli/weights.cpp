#include "cli/weights.h"

#include "core/names.h"
#include "model/expected_time.h"
#include "model/machine.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace gemmtune::cli {

namespace {

/// Of a problem without candidates: it takes nothing of a budget, but weights are above 0.
constexpr double kNothing = 1e-9;

double expected_us(const tune::ProblemPlan& plan) {
  double least = std::numeric_limits<double>::infinity();
  for (const tune::Candidate& candidate : plan.candidates)
    least = std::min(least, model::expected_time(model::h100_sxm(), plan.problem, candidate.config,
                                                 L2Policy::cold_memset512)
                                .time_us);
  return least;
}

}  // namespace

void put_heaviest_first(tune::SweepPlan& plan) {
  for (tune::ProblemPlan& problem : plan.problems)
    problem.weight = problem.candidates.empty()
                         ? kNothing
                         : std::max(kNothing, problem.problem.weight * expected_us(problem));
  std::ranges::stable_sort(plan.problems, std::ranges::greater(), &tune::ProblemPlan::weight);
}

}  // namespace gemmtune::cli
