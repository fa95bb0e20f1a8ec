// The device that a timed region runs on: CUDA events around each launch ("event" timer), a held stream, a
// memset as the flush.
#pragma once

#include "worker/gpu/resources.h"

#include <deque>
#include <functional>
#include <vector>

namespace gemmtune::measure {

/// Queues one launch on the stream.
using Launch = std::function<void(cudaStream_t)>;

/// Distance of the values that cudaEventElapsedTime returns on Hopper, microseconds; no interval is narrower.
inline constexpr double kEventStepUs = 0.032;

/// A flush writes this much: ten times the L2 of an H100, as the peers' figures were made.
inline constexpr std::size_t kFlushBytes = std::size_t{512} << 20;

class EventDevice {
 public:
  /// `hold` queues a kernel that waits for the flag: hold_stream of kernels/support.
  EventDevice(const gpu::Stream& stream, std::function<void(cudaStream_t, std::uint32_t* flag)> hold);

  /// What launch(i) launches. Contenders stay until the next call.
  void set_contenders(std::vector<Launch> contenders);

  void hold();
  void release();
  void release_noexcept() noexcept { flag_.set(1); }
  void flush_l2();
  void start(std::size_t i);
  void launch(std::size_t i);
  void stop(std::size_t i);
  void synchronise();
  double elapsed_us(std::size_t i);

 private:
  const gpu::Stream& stream_;
  std::function<void(cudaStream_t, std::uint32_t*)> hold_;
  gpu::MappedFlag flag_;
  gpu::DeviceBuffer flush_buffer_;
  std::vector<Launch> contenders_;
  std::deque<gpu::Event> starts_, stops_;  // a deque: events cannot move
};

}  // namespace gemmtune::measure
