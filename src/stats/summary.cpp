#include "stats/summary.h"

#include "stats/student_t.h"
#include "util/error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace gemmtune::stats {

namespace {

/// Probability of `successes` in `n` fair coin throws. Through logarithms: 2^-n underflows from n = 1075 on.
double fair_binomial(std::size_t n, std::size_t successes) {
  const double throws = static_cast<double>(n), heads = static_cast<double>(successes);
  return std::exp(std::lgamma(throws + 1) - std::lgamma(heads + 1) - std::lgamma(throws - heads + 1) -
                  throws * std::log(2.0));
}

/// How many samples may be cut off at each end, and how likely the median then lies outside of the rest.
struct Cut {
  std::size_t samples = 0;
  double outside = 1;
};

/// The median lies below the (cut+1)-th smallest sample with probability P(Binomial(n, 1/2) <= cut), and as
/// often above the (cut+1)-th largest.
Cut samples_to_cut(std::size_t n, double confidence) {
  Cut cut{0, 2 * fair_binomial(n, 0)};
  while (2 * (cut.samples + 1) < n) {
    const double outside = cut.outside + 2 * fair_binomial(n, cut.samples + 1);
    if (outside > 1 - confidence) break;
    cut = {cut.samples + 1, outside};
  }
  return cut;
}

}  // namespace

double median(std::vector<double> samples) {
  ensure(!samples.empty(), "the median of no samples");
  std::sort(samples.begin(), samples.end());
  const std::size_t middle = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

Interval median_interval(std::vector<double> samples, double timer_step, double confidence) {
  ensure(!samples.empty(), "the interval of no samples");
  std::sort(samples.begin(), samples.end());
  const std::size_t cut = samples_to_cut(samples.size(), confidence).samples;
  Interval interval{samples[cut], samples[samples.size() - 1 - cut]};
  const double missing = timer_step - (interval.high - interval.low);
  if (missing > 0) {
    interval.low -= missing / 2;
    interval.high += missing / 2;
  }
  return interval;
}

double median_error(std::vector<double> samples, double timer_step) {
  const double middle = median(samples);
  const Interval interval = median_interval(samples, timer_step);
  const double outside = std::min(1.0, samples_to_cut(samples.size(), 0.95).outside);
  // The interval is so many deviations wide if medians scatter normally (McKean and Schrader, 1984). One
  // sample says nothing of its scatter: its interval, the timer's step, counts as one deviation.
  const double deviations =
      samples.size() > 1 ? student_t_limit(outside, std::numeric_limits<double>::infinity()) : 1;
  return (interval.high - interval.low) / 2 / deviations / middle;
}

double geomean(std::span<const double> values, std::span<const double> weights) {
  ensure(!values.empty(), "the geometric mean of no values");
  ensure(weights.empty() || weights.size() == values.size(), "as many weights as values");
  double logarithms = 0, total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ensure(values[i] > 0, "the geometric mean is of positive values");
    const double weight = weights.empty() ? 1 : weights[i];
    logarithms += weight * std::log(values[i]);
    total += weight;
  }
  ensure(total > 0, "the weights of a geometric mean are positive");
  return std::exp(logarithms / total);
}

}  // namespace gemmtune::stats
