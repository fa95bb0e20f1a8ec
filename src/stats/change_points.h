// Where a series changed its level.
#pragma once

#include "stats/difference.h"

#include <cstddef>
#include <span>
#include <vector>

namespace gemmtune::stats {

struct ChangePoint {
  std::size_t index = 0;  ///< of the first figure at the new level
  Difference difference;  ///< between the levels before and after
};

/// Cuts the series where the difference between what lies before and after is surest, as long as it is at
/// least `min_effect` and no accident: its p value times the number of places to cut is at most `chance`;
/// then each part again. Levels reach from one change point to the next, so that a slow drift that no pair of
/// neighbours shows is found once its ends differ. `places` are the indices where a cut may be, ascending and
/// within 1 to size - 1. In the order of the series.
std::vector<ChangePoint> change_points(std::span<const LogFigure> series, std::span<const std::size_t> places,
                                       double min_effect, double chance, const ProcessNoise& noise = {});

}  // namespace gemmtune::stats
