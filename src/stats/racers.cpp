#include "stats/racers.h"

#include "core/policy.h"
#include "stats/summary.h"

#include <utility>
#include <vector>

namespace gemmtune::stats {

namespace {

Interval interval_of(const Row& row) {
  if (!row.samples_us.empty()) return median_interval(row.samples_us, kTimerStepUs, kTieConfidence);
  return {row.time_us_low.value_or(*row.time_us), row.time_us_high.value_or(*row.time_us)};
}

/// Nothing where there is no sample of some place.
std::vector<double> medians_by_place(const Row& row) {
  const auto places = places_of(row.policy);
  if (!places) return {};
  std::vector<std::vector<double>> samples(static_cast<std::size_t>(places->count));
  for (std::size_t i = 0; i < row.samples_us.size(); ++i)
    samples[places->of_sample(i)].push_back(row.samples_us[i]);
  std::vector<double> medians;
  for (std::vector<double>& of_place : samples) {
    if (of_place.empty()) return {};
    medians.push_back(median(std::move(of_place)));
  }
  return medians;
}

bool has_blocks(const Row& row) {
  return row.regime == PowerRegime::blocks && row.samples_us.size() > 1;
}

}  // namespace

Racer racer_of(const Row& row) {
  const auto num_sms = row.config.find("num_sms");
  const Interval interval = interval_of(row);
  return {has_blocks(row) ? geomean(row.samples_us) : *row.time_us,
          interval.low,
          interval.high,
          num_sms == row.config.end() ? 0 : num_sms->second,
          row.smem_bytes.value_or(0),
          config_id(row.config),
          has_blocks(row) ? row.samples_us : medians_by_place(row)};
}

}  // namespace gemmtune::stats
