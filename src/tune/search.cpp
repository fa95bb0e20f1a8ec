#include "tune/search.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

namespace gemmtune::tune {

std::vector<std::size_t> shares(std::span<const std::size_t> candidates, const Budgets& budgets) {
  const std::size_t most = budgets.problem.candidates, in_all = budgets.in_all.candidates;
  std::vector<std::size_t> shares(candidates.size(), most);
  if (in_all == 0) return shares;
  // Those that can use least first: what they leave is shared out among the others.
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto usable = [&](std::size_t i) {
    return most == 0 ? candidates[i] : std::min(most, candidates[i]);
  };
  std::ranges::stable_sort(order, {}, usable);
  std::size_t left = in_all;
  for (std::size_t done = 0; done < order.size(); ++done) {
    const std::size_t share = std::min(usable(order[done]), left / (order.size() - done));
    shares[order[done]] = std::max<std::size_t>(share, 1);
    left -= std::min(left, share);
  }
  return shares;
}

std::vector<std::size_t> shares(const SweepPlan& plan, const Budgets& budgets) {
  std::vector<std::size_t> candidates;
  for (const ProblemPlan& problem : plan.problems) candidates.push_back(problem.candidates.size());
  return shares(candidates, budgets);
}

std::vector<std::size_t> steps_of(const SweepPlan& plan, const Budgets& budgets) {
  std::vector<std::size_t> steps = shares(plan, budgets);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::size_t candidates = plan.problems[i].candidates.size();
    steps[i] = steps[i] == 0 ? candidates : std::min(steps[i], candidates);
  }
  return steps;
}

double seconds_of_next(const Budgets& budgets, double elapsed_s, std::size_t problems_left) {
  double seconds = std::numeric_limits<double>::infinity();
  if (budgets.problem.seconds > 0) seconds = budgets.problem.seconds;
  if (budgets.in_all.seconds > 0)
    seconds = std::min(seconds, std::max(0.0, budgets.in_all.seconds - elapsed_s) /
                                    static_cast<double>(std::max<std::size_t>(problems_left, 1)));
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

Turns::Turns(MakeStrategy make, std::vector<std::size_t> most,
             std::function<void(std::size_t, const std::vector<std::size_t>&)> hear)
    : make_(std::move(make)), most_(std::move(most)), hear_(std::move(hear)) {
  begin();
}

Turns::Turn Turns::take() {
  Turn turn = std::move(ahead_);
  begin();
  return turn;
}

void Turns::begin() {
  ahead_ = {};
  if (begun_ == most_.size()) return;
  const std::size_t index = begun_++;
  ahead_.strategy = make_(index, most_[index]);
  ahead_.round = ahead_.strategy->next();
  hear_(index, ahead_.round);
}

}  // namespace gemmtune::tune
