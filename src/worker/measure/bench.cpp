#include "worker/measure/bench.h"

#include "stats/summary.h"
#include "util/error.h"
#include "worker/measure/batch.h"
#include "worker/measure/energy.h"
#include "worker/measure/launch_graph.h"
#include "worker/measure/polled_meter.h"
#include "worker/measure/watched.h"

namespace gemmtune::measure {

MeasureReport Bench::measure(const std::vector<Launch>& launches, const Policy& policy, std::size_t draws,
                             std::size_t round) {
  ensure(!launches.empty(), "nothing is to be timed");
  const auto run = [&] {
    MeasureReport report = time(launches, policy, draws);
    if (measures_energy(launches.size(), policy)) add_energy(launches.front(), round, report);
    return report;
  };
  return watched(
      run, [this] { return nvml_.health(); }, clock_);
}

MeasureReport Bench::time(const std::vector<Launch>& launches, const Policy& policy, std::size_t draws) {
  const auto on = [&](auto& device) {
    device.set_contenders(launches);
    std::optional<PolledMeter> meter;
    std::function<double()> total_j;
    if (meters_blocks(policy)) {
      meter.emplace([this] { return nvml_.total_energy_j(); });
      total_j = [&meter] { return meter->last().total_j; };
    }
    return Batch(device, clock_, launches.size(), policy, rested_s_, draws, total_j).run();
  };
  return policy.timer == Timer::cupti ? on(cupti_device()) : on(event_device());
}

void Bench::add_energy(const Launch& launch, std::size_t round, MeasureReport& report) {
  stop_tracing();  // it lengthens launches
  const std::size_t launches = launches_of_chunk(stats::median(report.timings.front().samples_us), round);
  LaunchGraph graph(stream_, launch, launches);
  const PolledMeter meter([this] { return nvml_.total_energy_j(); });
  EnergyOfChunk energy(graph, clock_, [&meter] { return meter.last(); });
  report.timings.front().energy_j = energy.run() / static_cast<double>(launches);
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
