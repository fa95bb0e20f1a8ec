// A table over all M: a step function of entries, each for the M from behind the one below it up to its own.
#pragma once

#include "core/run.h"
#include "core/table.h"
#include "core/tuned_m.h"

#include <vector>

namespace gemmtune::store {

/// A neighbour's configuration that loses no more than this is the same step: results of one kernel differ by
/// as much from run to run.
inline constexpr double kSameStep = 0.005;

/// The steps of a table that has an entry for every M that was tuned or checked, and what they lose at the
/// checks. `tuned` is of the same problems, in the same order.
Table with_steps(Table table, const std::vector<TunedM>& tuned, const MSteps& steps);

/// Of the regrets of a table's checks; those where nothing ran count as not measured.
struct StepRegret {
  std::size_t checks = 0;  ///< measured
  std::size_t unmeasured = 0;
  double geomean = 0;
  double p95 = 0;
  double max = 0;
};
StepRegret regret_of(const std::vector<StepCheck>& checks);

}  // namespace gemmtune::store
