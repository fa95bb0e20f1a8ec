// Rows as contenders of a race.
#pragma once

#include "core/row.h"
#include "stats/ties.h"

namespace gemmtune::stats {

/// What decides between timed rows; of those without samples (of screenings) by their own intervals.
Racer racer_of(const Row& row);

}  // namespace gemmtune::stats
