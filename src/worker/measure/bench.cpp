#include "worker/measure/bench.h"

#include "stats/summary.h"
#include "util/error.h"
#include "worker/measure/batch.h"
#include "worker/measure/energy.h"
#include "worker/measure/watched.h"

namespace gemmtune::measure {

MeasureReport Bench::measure(const std::vector<Launch>& launches, const Policy& policy, std::size_t draws) {
  ensure(!launches.empty(), "nothing is to be timed");
  const auto run = [&] {
    MeasureReport report = time(launches, policy, draws);
    if (measures_energy(launches.size(), policy)) add_energy(launches.front(), report);
    return report;
  };
  return watched(
      run, [this] { return nvml_.health(); }, clock_);
}

MeasureReport Bench::time(const std::vector<Launch>& launches, const Policy& policy, std::size_t draws) {
  const auto on = [&](auto& device) {
    device.set_contenders(launches);
    const std::function<double()> meter = [this] { return nvml_.total_energy_j(); };
    return Batch(device, clock_, launches.size(), policy, rested_s_, draws,
                 meters_blocks(policy) ? meter : nullptr)
        .run();
  };
  return policy.timer == Timer::cupti ? on(cupti_device()) : on(event_device());
}

void Bench::add_energy(const Launch& launch, MeasureReport& report) {
  EventDevice& device = event_device();  // which does not trace: launches follow each other without a gap
  device.set_contenders({launch});
  const double kernel_us = stats::median(report.timings.front().samples_us);
  EnergyOfLaunch energy(
      device, clock_, [this] { return nvml_.total_energy_j(); }, kernel_us);
  report.timings.front().energy_j = energy.run();
  report.gpu.working_s += energy.working_s();
}

EventDevice& Bench::event_device() {
  cupti_.reset();
  if (!event_) event_.emplace(stream_, kernels_);
  return *event_;
}

CuptiDevice& Bench::cupti_device() {
  event_.reset();
  if (!cupti_) cupti_.emplace(stream_, kernels_);
  return *cupti_;
}

}  // namespace gemmtune::measure
