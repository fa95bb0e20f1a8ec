#include "worker/measure/event_device.h"

#include "worker/gpu/check.h"

namespace gemmtune::measure {

EventDevice::EventDevice(const gpu::Stream& stream, std::function<void(cudaStream_t, std::uint32_t*)> hold)
    : stream_(stream), hold_(std::move(hold)), flush_buffer_(kFlushBytes) {}

void EventDevice::set_contenders(std::vector<Launch> contenders) {
  contenders_ = std::move(contenders);
  while (starts_.size() < contenders_.size()) {
    starts_.emplace_back();
    stops_.emplace_back();
  }
}

void EventDevice::hold() {
  flag_.set(0);
  hold_(stream_.get(), flag_.device());
}

void EventDevice::release() {
  flag_.set(1);
}

void EventDevice::flush_l2() {
  gpu::check(cudaMemsetAsync(flush_buffer_.data(), 0, flush_buffer_.bytes(), stream_.get()),
             "cudaMemsetAsync(flush)");
}

void EventDevice::start(std::size_t i) {
  gpu::check(cudaEventRecord(starts_[i].get(), stream_.get()), "cudaEventRecord(start)");
}

void EventDevice::launch(std::size_t i) {
  contenders_[i](stream_.get());
}

void EventDevice::stop(std::size_t i) {
  gpu::check(cudaEventRecord(stops_[i].get(), stream_.get()), "cudaEventRecord(stop)");
}

void EventDevice::synchronise() {
  stream_.synchronise();
}

double EventDevice::elapsed_us(std::size_t i) {
  float milliseconds = 0;
  gpu::check(cudaEventElapsedTime(&milliseconds, starts_[i].get(), stops_[i].get()), "cudaEventElapsedTime");
  return milliseconds * 1e3;
}

}  // namespace gemmtune::measure
