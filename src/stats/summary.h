// Many samples in, one figure out.
#pragma once

#include <span>
#include <vector>

namespace gemmtune::stats {

/// Both timers read the GPU's global timer, which ticks every 32 ns on Hopper: cupti's nanoseconds are
/// multiples of that.
inline constexpr double kTimerStepUs = 0.032;

/// In the unit of the samples it was made from.
struct Interval {
  double low = 0;
  double high = 0;
};

/// Of an even number the mean of the middle two. At least one sample.
double median(std::vector<double> samples);

/// Where the median of the distribution lies, with at least this confidence, whatever the distribution:
/// between the k-th smallest and the k-th largest sample, k as large as the binomial law allows (n = 6: the
/// extremes; n = 15: the 4th and the 12th). Too few samples for any k (n < 6 at 0.95): smallest to largest.
/// Never narrower than `timer_step`, the unit in which the clock counts. At least one sample.
Interval median_interval(std::vector<double> samples, double timer_step = 0, double confidence = 0.95);

/// The standard deviation of the median, relative to it: from the same order statistics as median_interval,
/// and never below half the timer's step by what the interval holds. At least one sample, all positive.
double median_error(std::vector<double> samples, double timer_step = 0);

/// Weighted geometric mean; all weights are 1 when `weights` is empty. At least one value, all positive.
double geomean(std::span<const double> values, std::span<const double> weights = {});

}  // namespace gemmtune::stats
