#include "tune/search.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

namespace gemmtune::tune {

std::vector<std::size_t> shares(std::span<const std::size_t> candidates, const Budgets& budgets,
                                std::span<const double> weights) {
  const std::size_t most = budgets.problem.candidates, in_all = budgets.in_all.candidates;
  std::vector<std::size_t> shares(candidates.size(), most);
  if (in_all == 0) return shares;
  // Those that can use least for their weight first: what they leave is shared out among the others.
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto usable = [&](std::size_t i) {
    return most == 0 ? candidates[i] : std::min(most, candidates[i]);
  };
  const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) { return static_cast<double>(usable(i)) / weight(i); });
  std::size_t left = in_all;
  for (std::size_t done = 0; done < order.size(); ++done) {
    const std::size_t i = order[done];
    double weights_left = 0;
    for (std::size_t other = done; other < order.size(); ++other) weights_left += weight(order[other]);
    const double part = static_cast<double>(left) * weight(i) / weights_left;
    const std::size_t share = std::min(usable(i), static_cast<std::size_t>(part));
    shares[i] = std::max<std::size_t>(share, 1);
    left -= std::min(left, share);
  }
  return shares;
}

std::vector<std::size_t> shares(std::span<const ProblemPlan> problems, const Budgets& budgets) {
  std::vector<std::size_t> candidates;
  std::vector<double> weights;
  for (const ProblemPlan& problem : problems) {
    candidates.push_back(problem.candidates.size());
    weights.push_back(problem.weight);
  }
  return shares(candidates, budgets, weights);
}

std::vector<std::size_t> steps_of(std::span<const ProblemPlan> problems, const Budgets& budgets) {
  std::vector<std::size_t> steps = shares(problems, budgets);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::size_t candidates = problems[i].candidates.size();
    steps[i] = steps[i] == 0 ? candidates : std::min(steps[i], candidates);
  }
  return steps;
}

double seconds_of_next(const Budgets& budgets, double elapsed_s, double problems_left) {
  double seconds = std::numeric_limits<double>::infinity();
  if (budgets.problem.seconds > 0) seconds = budgets.problem.seconds;
  if (budgets.in_all.seconds > 0)
    seconds =
        std::min(seconds, std::max(0.0, budgets.in_all.seconds - elapsed_s) / std::max(problems_left, 1.0));
  return seconds;
}

space::Choice choice_of(const ProblemPlan& plan, std::size_t most, std::uint64_t seed) {
  space::Choice choice;
  choice.most = most;
  choice.seed = seed;
  for (const Candidate& candidate : plan.candidates) {
    choice.candidates.push_back(candidate.config);
    choice.cubins.push_back(candidate.cubin);
  }
  return choice;
}

std::vector<std::size_t> cubins_of(const ProblemPlan& plan, const std::vector<std::size_t>& candidates) {
  std::vector<std::size_t> cubins;
  std::set<std::size_t> seen;
  for (const std::size_t candidate : candidates)
    if (const std::size_t cubin = plan.candidates[candidate].cubin; seen.insert(cubin).second)
      cubins.push_back(cubin);
  return cubins;
}

}  // namespace gemmtune::tune
