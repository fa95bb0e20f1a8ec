#include "cli/sweep_strategy.h"

#include "space/strategy.h"
#include "util/text.h"

#include <algorithm>
#include <set>

namespace gemmtune::cli {

namespace {

constexpr const char* kEveryCandidate = "exhaustive";

std::string unstudied_kernels(const tune::SweepPlan& plan, const std::vector<std::string>& studied) {
  std::set<std::string> names;
  for (const tune::ProblemPlan& problem : plan.problems)
    if (!problem.candidates.empty() && std::ranges::find(studied, problem.problem.kernel) == studied.end())
      names.insert(problem.problem.kernel);
  return join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

}  // namespace

StrategyChoice choose_strategy(const StrategyOptions& options, const tune::SweepPlan& plan,
                               const SweepCircumstances& now) {
  if (!options.strategy.empty()) return {options.strategy, ""};
  if (now.over_m) return {kUsualStrategy, ""};
  if (!now.before.empty())
    return {now.before, now.before == kUsualStrategy
                            ? ""
                            : "the sweep goes on by --strategy " + now.before + ", as it was begun"};
  if (options.budgets.limit() || !options.learn_from.empty()) return {kUsualStrategy, ""};
  const std::size_t most = space::require_strategy(kUsualStrategy).usual;
  if (std::ranges::all_of(plan.problems, [&](const auto& p) { return p.candidates.size() <= most; }))
    return {kEveryCandidate, ""};
  if (now.boards > 1)
    return {kEveryCandidate,
            "every candidate is timed: a guided search is made on one board, and these are " +
                std::to_string(now.boards)};
  if (const std::string kernels = unstudied_kernels(plan, now.studied); !kernels.empty())
    return {kEveryCandidate, "every candidate is timed: what a guided search loses on " + kernels +
                                 " has not been measured; --strategy guided searches all the same"};
  return {kUsualStrategy, ""};
}

}  // namespace gemmtune::cli
