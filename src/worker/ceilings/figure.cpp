#include "worker/ceilings/figure.h"

#include "stats/summary.h"

#include <algorithm>
#include <utility>

namespace gemmtune::ceilings {

Ceiling figure(const std::string& name, PowerRegime regime, const Work& work, const Timing& timing,
               const std::string& how) {
  const double median_us = stats::median(timing.samples_us);
  const stats::Interval interval_us = stats::median_interval(timing.samples_us, stats::kTimerStepUs);
  Ceiling c;
  c.name = name;
  c.regime = regime;
  c.time_us = median_us;
  c.bytes = work.bytes;
  c.flops = work.flops;
  c.how = how;
  const auto value_at = [&](double us) {
    if (work.bytes > 0) return static_cast<double>(work.bytes) / us * 1e-3;
    return work.flops > 0 ? work.flops / us * 1e-6 : us;
  };
  c.unit = work.bytes > 0 ? "GB/s" : work.flops > 0 ? "TFLOPS" : "us";
  c.value = value_at(median_us);
  c.low = std::min(value_at(interval_us.low), value_at(interval_us.high));
  c.high = std::max(value_at(interval_us.low), value_at(interval_us.high));
  c.sm_clock_mhz = timing.sm_clock_mhz;
  c.power_w = timing.energy_j > 0 ? timing.energy_j / (median_us * 1e-6) : timing.power_w;
  c.temperature_c = timing.temperature_c;
  c.throttle = timing.throttle;
  return c;
}

Ceiling figure(const std::string& name, const Work& work, std::vector<double> samples_us,
               const std::string& how) {
  Timing timing;
  timing.samples_us = std::move(samples_us);
  return figure(name, PowerRegime::burst, work, timing, how);
}

Ceiling best_of(std::vector<Ceiling> ceilings) {
  const auto best = std::ranges::max_element(ceilings, {}, &Ceiling::value);
  std::vector<Attempt> others;
  for (auto c = ceilings.begin(); c != ceilings.end(); ++c)
    if (c != best) others.push_back({c->how, c->value, c->sm_clock_mhz, c->power_w});
  Ceiling kept = std::move(*best);
  kept.others = std::move(others);
  return kept;
}

}  // namespace gemmtune::ceilings
