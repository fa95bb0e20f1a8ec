#include "compare/assess.h"

#include "report/grid.h"
#include "stats/student_t.h"
#include "util/error.h"

#include <algorithm>
#include <cmath>

namespace gemmtune::compare {

namespace {

bool within(const Change& change, double limit) {
  return change.low >= -limit && change.high <= limit;
}

/// In cycles an accident must be this unlikely. Without adjustment, since it only confirms what was adjusted;
/// but where a clock has slowed down all problems, it alone stands before 36 false alarms.
constexpr double kCycleChance = 0.01;

bool confirms(const stats::Difference& cycles, double direction, double min_effect) {
  return change_of(cycles).estimate * direction >= min_effect && cycles.p_value() <= kCycleChance;
}

std::string of_clock(const Change& time, const Change& cycles) {
  const double clock = (1 + cycles.estimate) / (1 + time.estimate) - 1;
  return percent(time.estimate) + " in time, but " + percent(cycles.estimate) +
         " in SM cycles: the SM clock differs by " + percent(clock);
}

}  // namespace

std::string percent(double fraction, int digits) {
  const std::string text = report::fixed(100 * fraction, digits);
  return (text.starts_with('-') ? "" : "+") + text + " %";
}

Change change_of(const stats::Difference& difference) {
  const stats::Interval interval = difference.interval(kConfidence);
  return {std::expm1(difference.estimate), std::expm1(interval.low), std::expm1(interval.high)};
}

Assessment assess(const stats::Difference& time, const std::optional<stats::Difference>& cycles,
                  double adjusted_p_value, double min_effect) {
  const Change change = change_of(time);
  const double direction = change.estimate < 0 ? -1 : 1;
  if (adjusted_p_value <= kChance && std::abs(change.estimate) >= min_effect) {
    if (!cycles || confirms(*cycles, direction, min_effect))
      return {direction > 0 ? CompareVerdict::slower : CompareVerdict::faster, ""};
    const Change in_cycles = change_of(*cycles);
    const bool same = within(in_cycles, min_effect);
    return {same ? CompareVerdict::same : CompareVerdict::unsure, of_clock(change, in_cycles)};
  }
  if (within(change, min_effect)) return {CompareVerdict::same, ""};
  return {CompareVerdict::unsure, ""};
}

std::optional<int> runs_needed(const stats::Difference& difference, std::size_t base_runs,
                               std::size_t next_runs, bool interleaved, double min_effect) {
  const double variance = difference.deviation * difference.deviation;
  const auto a = static_cast<double>(base_runs), b = static_cast<double>(next_runs);
  const double of_one = interleaved ? variance * std::min(a, b) : variance / (1 / a + 1 / b) * 2;
  // A change near min_effect would take for ever: a quarter of it is as near as is asked for.
  const double wanted = std::max(std::abs(std::abs(difference.estimate) - min_effect), min_effect / 4);
  constexpr int kMost = 100;
  for (int runs = static_cast<int>(std::min(base_runs, next_runs)) + 1; runs <= kMost; ++runs) {
    const double degrees = stats::ProcessNoise{}.degrees + (interleaved ? 1 : 2) * (runs - 1);
    if (stats::student_t_limit(1 - kConfidence, degrees) * std::sqrt(of_one / runs) <= wanted) return runs;
  }
  return std::nullopt;
}

stats::Difference mean_of(const std::vector<Weighed>& differences) {
  ensure(!differences.empty(), "the mean of no differences");
  // Only their ratios matter, and the fourth power of 1e-100 is none.
  double heaviest = 0;
  for (const auto& [difference, weight] : differences) heaviest = std::max(heaviest, weight);
  ensure(heaviest > 0, "weights are positive");
  double weights = 0, sum = 0, variance = 0, spread = 0;
  for (const auto& [difference, weight] : differences) {
    const double share = weight / heaviest, part = share * difference.deviation;
    weights += share;
    sum += share * difference.estimate;
    variance += part * part;
    spread += part * part * part * part / difference.degrees;
  }
  // Degrees of freedom of a sum of variances: Satterthwaite, 1946.
  return {sum / weights, std::sqrt(variance) / weights, variance * variance / spread};
}

}  // namespace gemmtune::compare
