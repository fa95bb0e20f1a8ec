// Many runs, one after the other -> a series a problem, and where it changed.
#pragma once

#include "compare/compare.h"

#include <string>
#include <vector>

namespace gemmtune::compare {

/// What one revision took: the geometric mean of its runs.
struct HistoryPoint {
  std::string revision;
  std::string timestamp;  ///< of its first run
  double time_us = 0;
  std::size_t runs = 0;
};

struct HistoryChange {
  std::size_t point = 0;  ///< index of the first point at the new level
  Change change;
};

struct History {
  Problem problem;
  std::vector<HistoryPoint> points;  ///< in the order of time
  std::vector<HistoryChange> changes;
};

/// Runs in a row that are of one revision make one point. A change is one of at least `min_effect` that is no
/// accident at kChance, adjusted for all places and problems. Sorted by N, K, M.
std::vector<History> history(const Side& runs, double min_effect);

}  // namespace gemmtune::compare
