#include "worker/measure/event_device.h"

#include "worker/gpu/check.h"

namespace gemmtune::measure {

void EventDevice::start(std::size_t i) {
  while (starts_.size() <= i) {
    starts_.emplace_back();
    stops_.emplace_back();
  }
  gpu::check(cudaEventRecord(starts_[i].get(), stream()), "cudaEventRecord(start)");
}

void EventDevice::stop(std::size_t i) {
  gpu::check(cudaEventRecord(stops_[i].get(), stream()), "cudaEventRecord(stop)");
}

double EventDevice::elapsed_us(std::size_t i) const {
  float milliseconds = 0;
  gpu::check(cudaEventElapsedTime(&milliseconds, starts_[i].get(), stops_[i].get()), "cudaEventElapsedTime");
  return milliseconds * 1e3;
}

}  // namespace gemmtune::measure
