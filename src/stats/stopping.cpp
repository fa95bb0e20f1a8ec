#include "stats/stopping.h"

#include "stats/summary.h"

#include <algorithm>

namespace gemmtune::stats {

bool StoppingRule::done() const {
  if (samples_.size() < least_) return false;
  if (samples_.size() >= most_) return true;
  const std::vector<double> judged = over_draws().samples;
  const Interval interval = median_interval(judged);
  return interval.high - interval.low <= std::max(precision_ * median(judged), timer_step_);
}

}  // namespace gemmtune::stats
