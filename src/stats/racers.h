// Rows as contenders of a race.
#pragma once

#include "core/row.h"
#include "stats/ties.h"

namespace gemmtune::stats {

/// What decides between timed rows. Rows without samples, those of screenings, keep the interval of 95 % that
/// they store.
Racer racer_of(const Row& row);

}  // namespace gemmtune::stats
