// `gemmtune bench --against TABLE`: base and new configurations in turns in one process, and a verdict of
// each problem.
#pragma once

#include "cli/given_configs.h"
#include "compare/compare.h"
#include "core/run.h"

#include <functional>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// Which configurations of a problem are which; one may be both.
struct Contest {
  std::vector<GivenConfigs> base, next;
};

/// The problems that both sides have, with the configurations of both.
std::vector<GivenConfigs> both_sides(const Contest& contest);

/// A problem is timed again, up to so many times in all, while its verdict is UNSURE.
inline constexpr int kRounds = 3;

struct ContestResult {
  compare::Comparison comparison;
  std::vector<Row> rows;  ///< of all rounds
};

/// `plan` is of both sides, made for a device with `limits`. `race` times a plan, or those of its problems
/// that are left in it: it is called once for all, and again for those that are unsure.
ContestResult hold_contest(const Contest& contest, const tune::SweepPlan& plan, const DeviceLimits& limits,
                           const RunHeader& run, const Gate& gate,
                           const std::function<std::vector<Row>(const tune::SweepPlan&)>& race);

}  // namespace gemmtune::cli
