#include "stats/stopping.h"

#include "stats/summary.h"

#include <algorithm>

namespace gemmtune::stats {

bool StoppingRule::done() const {
  if (samples_.size() < least_) return false;
  if (samples_.size() >= most_) return true;
  const Interval interval = median_interval(samples_);
  return interval.high - interval.low <= std::max(precision_ * median(samples_), timer_step_);
}

}  // namespace gemmtune::stats
