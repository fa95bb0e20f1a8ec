#include "worker/measure/held_stream.h"

#include "worker/gpu/check.h"

namespace gemmtune::measure {

HeldStream::HeldStream(const gpu::Stream& stream, StreamKernels kernels)
    : stream_(stream), kernels_(std::move(kernels)), flush_buffer_(kFlushBytes) {}

void HeldStream::set_contenders(std::vector<Launch> contenders) {
  contenders_ = std::move(contenders);
  readings_.assign(contenders_.size(), {});
  readings_on_device_ = gpu::DeviceBuffer(contenders_.size() * sizeof(ClockReading));
}

void HeldStream::hold() {
  flag_.set(0);
  kernels_.hold(stream_.get(), flag_.device());
}

void HeldStream::flush_l2() {
  gpu::check(cudaMemsetAsync(flush_buffer_.data(), 0, flush_buffer_.bytes(), stream_.get()),
             "cudaMemsetAsync(flush)");
}

void HeldStream::read_clock(std::size_t i) {
  kernels_.read_clock(stream_.get(), readings_on_device_.as<ClockReading>() + i);
}

void HeldStream::synchronise() {
  stream_.synchronise();
  gpu::check(cudaMemcpy(readings_.data(), readings_on_device_.data(), readings_on_device_.bytes(),
                        cudaMemcpyDeviceToHost),
             "cudaMemcpy(clock readings)");
}

double HeldStream::sm_clock_mhz(std::size_t i) const {
  return static_cast<double>(readings_[i].cycles) / static_cast<double>(readings_[i].ns) * 1e3;
}

}  // namespace gemmtune::measure
