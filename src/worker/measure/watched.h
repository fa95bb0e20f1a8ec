// The board's health over a batch.
#pragma once

#include "core/messages.h"
#include "core/throttle.h"
#include "worker/gpu/nvml.h"

namespace gemmtune::measure {

/// How long a board that slowed down rests before its batch is repeated.
inline constexpr double kRecoveryS = 2;

/// Runs a batch and notes the board's health, the worse of before and after, in its timings. A batch in which
/// the board slowed down because of heat or power is thrown away and run once more after a rest; a second one
/// is kept, and its reasons tell. `run()` gives a MeasureReport, `health()` a gpu::Health.
template <typename Run, typename ReadHealth, typename Clock>
MeasureReport watched(Run run, ReadHealth health, Clock& clock) {
  const auto once = [&] {
    const gpu::Health before = health();
    MeasureReport report = run();
    const gpu::Health worst = gpu::worse_of(before, health());
    for (Timing& timing : report.timings) {
      timing.power_w = worst.power_w;
      timing.temperature_c = worst.temperature_c;
      timing.throttle = worst.throttle;
    }
    return report;
  };
  MeasureReport report = once();
  if (report.timings.empty() || (report.timings.front().throttle & kSlowdowns) == 0) return report;
  clock.sleep_s(kRecoveryS);
  GpuTime thrown_away = report.gpu;
  thrown_away.resting_s += kRecoveryS;
  report = once();
  report.gpu += thrown_away;
  return report;
}

}  // namespace gemmtune::measure
