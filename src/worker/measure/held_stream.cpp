#include "worker/measure/held_stream.h"

#include "worker/gpu/check.h"

namespace gemmtune::measure {

namespace {

std::uint32_t count_sms() {
  int device = 0, sms = 0;
  gpu::check(cudaGetDevice(&device), "cudaGetDevice");
  gpu::check(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, device), "cudaDeviceGetAttribute");
  return static_cast<std::uint32_t>(sms);
}

}  // namespace

HeldStream::HeldStream(const gpu::Stream& stream, StreamKernels kernels)
    : stream_(stream), kernels_(std::move(kernels)), sms_(count_sms()), flush_buffer_(kFlushBytes) {}

void HeldStream::set_contenders(std::vector<Launch> contenders) {
  contenders_ = std::move(contenders);
}

void HeldStream::hold(std::size_t samples) {
  stamps_.resize(samples * 2 * sms_);
  const std::size_t bytes = stamps_.size() * sizeof(ClockStamp);
  if (stamps_on_device_.bytes() < bytes) stamps_on_device_ = gpu::DeviceBuffer(bytes);
  flag_.set(0);
  gpu::check(cudaMemsetAsync(stamps_on_device_.data(), 0, bytes, stream_.get()),
             "cudaMemsetAsync(clock stamps)");
  kernels_.hold(stream_.get(), flag_.device());
}

void HeldStream::flush_l2() {
  gpu::check(cudaMemsetAsync(flush_buffer_.data(), 0, flush_buffer_.bytes(), stream_.get()),
             "cudaMemsetAsync(flush)");
}

void HeldStream::stamp(std::size_t which) {
  kernels_.stamp_clocks(stream_.get(), stamps_on_device_.as<ClockStamp>() + which * sms_, sms_);
}

std::span<const ClockStamp> HeldStream::stamps(std::size_t which) const {
  return std::span(stamps_).subspan(which * sms_, sms_);
}

void HeldStream::synchronise() {
  stream_.synchronise();
  gpu::check(cudaMemcpy(stamps_.data(), stamps_on_device_.data(), stamps_.size() * sizeof(ClockStamp),
                        cudaMemcpyDeviceToHost),
             "cudaMemcpy(clock stamps)");
}

double HeldStream::sm_clock_mhz(std::size_t i) const {
  return mean_clock_mhz(stamps(2 * i), stamps(2 * i + 1));
}

}  // namespace gemmtune::measure
