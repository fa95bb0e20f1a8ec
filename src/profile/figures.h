// The counters that matter for a GEMM, named and in units that people read.
#pragma once

#include "profile/counters.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::profile {

struct Figure {
  std::string name;             ///< "DRAM read", "stall long_scoreboard"
  std::optional<double> value;  ///< empty: the report does not have it
  std::string unit;             ///< "%", "MB"
  std::string metric;           ///< ncu's name for it
};

/// Time and clock under the profiler, pipes, traffic; then why warps waited, as shares of all waiting, the
/// largest first.
std::vector<Figure> main_figures(const Counters& counters);

/// What ncu must be asked for to have them all, with commas between; its sets hold some of them, by version.
std::string metrics_of_figures();

/// Every counter under ncu's name, by name.
std::vector<Figure> all_figures(const Counters& counters);

struct Change {
  Figure before, after;          ///< alike but for the value
  std::optional<double> change;  ///< in percentage points of what is in "%", else in per cent; empty: unknown
};

/// What both have, the largest change first. Shares are weighed by their points: from 0.1 % to 0.2 % is
/// nothing, however much that is of 0.1 %.
std::vector<Change> changes(const std::vector<Figure>& before, const std::vector<Figure>& after);

}  // namespace gemmtune::profile
