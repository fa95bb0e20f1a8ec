// Rows as contenders of a race.
#pragma once

#include "core/row.h"
#include "stats/ties.h"

namespace gemmtune::stats {

/// What decides between timed rows. Rows without samples, those of screenings, keep the interval of 95 % that
/// they store. Of blocks the times are geometric means, so that the ratio of two racers is the mean of the
/// ratios of their blocks, round by round, in which what the board does from one round to the next cancels;
/// the places that a difference is judged by are those rounds. What another sweep changes beyond them is
/// supposed to be what it is in bursts (stats/difference.h): of blocks it was not measured.
Racer racer_of(const Row& row);

}  // namespace gemmtune::stats
