#include "worker/gpu/resources.h"

#include "worker/gpu/check.h"

namespace gemmtune::gpu {

DeviceBuffer::DeviceBuffer(std::size_t bytes) : bytes_(bytes) {
  check(cudaMalloc(&data_, bytes), "cudaMalloc");
}

MappedFlag::MappedFlag() {
  void* host = nullptr;
  void* device = nullptr;
  check(cudaHostAlloc(&host, sizeof(std::uint32_t), cudaHostAllocMapped), "cudaHostAlloc");
  check(cudaHostGetDevicePointer(&device, host, 0), "cudaHostGetDevicePointer");
  host_ = static_cast<volatile std::uint32_t*>(host);
  device_ = static_cast<std::uint32_t*>(device);
  set(0);
}

Stream::Stream() {
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
}

void Stream::synchronise() const {
  check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
}

Event::Event() {
  check(cudaEventCreate(&event_), "cudaEventCreate");
}

}  // namespace gemmtune::gpu
