#include "stats/racers.h"

#include "stats/summary.h"

namespace gemmtune::stats {

namespace {

Interval interval_of(const Row& row) {
  if (!row.samples_us.empty()) return median_interval(row.samples_us, kTimerStepUs, kTieConfidence);
  return {row.time_us_low.value_or(*row.time_us), row.time_us_high.value_or(*row.time_us)};
}

}  // namespace

Racer racer_of(const Row& row) {
  const auto num_sms = row.config.find("num_sms");
  const Interval interval = interval_of(row);
  return {*row.time_us,
          interval.low,
          interval.high,
          num_sms == row.config.end() ? 0 : num_sms->second,
          row.smem_bytes.value_or(0),
          config_id(row.config)};
}

}  // namespace gemmtune::stats
