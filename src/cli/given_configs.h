// Configurations that were given rather than searched for: by --config, or by a tuning table.
#pragma once

#include "cli/selection.h"
#include "core/environment.h"
#include "core/table.h"
#include "tune/sweep_plan.h"

#include <cstddef>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// A problem with spaces of one point.
struct GivenConfigs {
  Problem problem;
  std::vector<SpaceSpec> spaces;
};

/// Every problem of the selection with each --config.
std::vector<GivenConfigs> given_by_flags(const Work& work);

/// The table's configuration for each of the problems, which under another regime than `burst` is its
/// sustained winner where it has one; without problems, every entry of the table. Says on stderr which
/// problems have no entry, or that of another m. Throws UserError for a table whose kernel had fewer
/// parameters than ours.
std::vector<GivenConfigs> given_by_table(const std::string& path, std::vector<Problem> problems,
                                         PowerRegime regime = PowerRegime::burst);

/// The table as it answers under a regime.
Table in_regime(Table table, PowerRegime regime);

/// The entry's configuration alone, or with so many of its runners-up, as the table `source` has them.
GivenConfigs given_by_entry(const TableEntry& entry, std::size_t runners_up, const std::string& source);

/// The problems for the libraries alone.
std::vector<GivenConfigs> without_configs(const std::vector<Problem>& problems);

/// A problem without spaces has no candidates, and may be supported all the same.
tune::SweepPlan make_plan(const std::vector<GivenConfigs>& given, const DeviceLimits& limits);

}  // namespace gemmtune::cli
