// What a sweep is going to do, complete before the first launch: problems, their candidates, the cubins these
// need.
#pragma once

#include "core/config.h"
#include "core/messages.h"
#include "core/outcome.h"
#include "core/problem.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gemmtune::tune {

/// A configuration to try, of which a plan of many problems has millions.
struct Candidate {
  Config config;
  std::size_t cubin;  ///< index into SweepPlan::cubins
};

struct ProblemPlan {
  Problem problem;
  std::string unsupported;  ///< why there are no candidates; empty when there are
  std::vector<Candidate> candidates;
  std::int64_t flops = 0;
  /// What this problem gets of budgets for all problems together, against what others get; above 0.
  double weight = 1;

  /// Seconds that one candidate takes, roughly; for progress. Fitted to the sweep of DeepSeek-V3's layers on
  /// an H100, where a candidate took 4 ms (M = 1) to 25 ms (4096x7168x16384): it is launched some 20 times in
  /// all.
  double candidate_cost() const { return 4e-3 + 22 * static_cast<double>(flops) / 1e15; }
  double cost() const { return static_cast<double>(candidates.size()) * candidate_cost(); }
};

struct SweepPlan {
  std::vector<ProblemPlan> problems;
  /// Distinct (candidates that differ only at launch share one), in the order in which they are first needed.
  std::vector<CompileRequest> cubins;
  std::map<std::string, std::int64_t> pruned;  ///< illegal configurations of all problems, by constraint

  std::size_t candidates() const {
    std::size_t count = 0;
    for (const ProblemPlan& plan : problems) count += plan.candidates.size();
    return count;
  }

  double cost() const {
    double cost = 0;
    for (const ProblemPlan& plan : problems) cost += plan.cost();
    return cost;
  }
};

/// How cubin `index` of the plan compiled; waits until it is. After a stop it may be a failure that is the
/// stop's, not the cubin's. References stay valid while the run lasts.
using Cubins = std::function<const Outcome<CompileReport>&(std::size_t index)>;

}  // namespace gemmtune::tune
