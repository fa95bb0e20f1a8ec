#include "worker/measure/polled_meter.h"

#include "worker/gpu/host_clock.h"

#include <utility>

namespace gemmtune::measure {

PolledMeter::PolledMeter(std::function<double()> meter)
    : meter_(std::move(meter)), last_{gpu::HostClock().now_s(), meter_()} {
  if (last_.total_j != 0) thread_ = std::jthread([this](const std::stop_token& stop) { poll(stop); });
}

MeterReading PolledMeter::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

void PolledMeter::poll(const std::stop_token& stop) {
  constexpr double kPauseS = 0.002;
  gpu::HostClock clock;
  for (; !stop.stop_requested(); clock.sleep_s(kPauseS)) {
    const MeterReading now{clock.now_s(), meter_()};
    const std::scoped_lock lock(mutex_);
    if (now.total_j != last_.total_j) last_ = now;
  }
}

}  // namespace gemmtune::measure
