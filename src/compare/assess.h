// One difference -> one verdict, and means of differences.
#pragma once

#include "compare/compare.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::compare {

/// `estimate` and the 95 % interval as fractions.
Change change_of(const stats::Difference& difference);

struct Assessment {
  CompareVerdict verdict = CompareVerdict::unsure;
  std::string reason;
};

/// The rule of compare() for a problem that both sides timed. `cycles`: the same difference in SM cycles.
Assessment assess(const stats::Difference& time, const std::optional<stats::Difference>& cycles,
                  double adjusted_p_value, double min_effect);

/// How many runs a side bring the 95 % interval of such a difference, should its middle stay, to one side of
/// min_effect; empty when a hundred do not.
std::optional<int> runs_needed(const stats::Difference& difference, std::size_t base_runs,
                               std::size_t next_runs, bool interleaved, double min_effect);

struct Weighed {
  stats::Difference difference;
  double weight = 1;
};

/// Of independent differences; in logarithms, so that change_of makes a geometric mean of it. At least one.
stats::Difference mean_of(const std::vector<Weighed>& differences);

/// `+3.04 %`, one or more digits behind the point.
std::string percent(double fraction, int digits = 2);

}  // namespace gemmtune::compare
