#include "stats/summary.h"

#include "util/error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gemmtune::stats {

namespace {

/// Probability of `successes` in `n` fair coin throws. Through logarithms: 2^-n underflows from n = 1075 on.
double fair_binomial(std::size_t n, std::size_t successes) {
  const double throws = static_cast<double>(n), heads = static_cast<double>(successes);
  return std::exp(std::lgamma(throws + 1) - std::lgamma(heads + 1) - std::lgamma(throws - heads + 1) -
                  throws * std::log(2.0));
}

/// How many samples may be cut off at each end. The median lies below the (cut+1)-th smallest sample with
/// probability P(Binomial(n, 1/2) <= cut), and as often above the (cut+1)-th largest.
std::size_t samples_to_cut(std::size_t n, double confidence) {
  std::size_t cut = 0;
  double outside = 2 * fair_binomial(n, 0);
  while (2 * (cut + 1) < n) {
    outside += 2 * fair_binomial(n, cut + 1);
    if (outside > 1 - confidence) break;
    ++cut;
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
  const std::size_t cut = samples_to_cut(samples.size(), confidence);
  Interval interval{samples[cut], samples[samples.size() - 1 - cut]};
  const double missing = timer_step - (interval.high - interval.low);
  if (missing > 0) {
    interval.low -= missing / 2;
    interval.high += missing / 2;
  }
  return interval;
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
