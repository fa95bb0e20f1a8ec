// What every timer needs of the stream: held while a round is queued, L2 flushed, the SM's clock read beside
// each launch. A timer's device adds how it reads durations.
#pragma once

#include "worker/gpu/resources.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace gemmtune::measure {

/// Queues one launch on the stream.
using Launch = std::function<void(cudaStream_t)>;

/// A flush writes this much: ten times the L2 of an H100, as the peers' figures were made.
inline constexpr std::size_t kFlushBytes = std::size_t{512} << 20;

/// ClockReading of kernels/support/stream.cuh; the two must agree byte for byte.
struct ClockReading {
  std::uint64_t cycles = 0;
  std::uint64_t ns = 0;
};

/// Kernels of kernels/support/stream.cuh.
struct StreamKernels {
  std::function<void(cudaStream_t, std::uint32_t* flag)> hold;          ///< waits until the flag is not 0
  std::function<void(cudaStream_t, ClockReading* reading)> read_clock;  ///< one thread, about 20 us
};

class HeldStream {
 public:
  HeldStream(const gpu::Stream& stream, StreamKernels kernels);

  /// What launch(i) launches. Contenders stay until the next call.
  void set_contenders(std::vector<Launch> contenders);

  void hold();
  void release() { flag_.set(1); }
  void release_noexcept() noexcept { flag_.set(1); }
  void flush_l2();
  void launch(std::size_t i) { contenders_[i](stream_.get()); }
  /// Queues the reading that sm_clock_mhz(i) tells of.
  void read_clock(std::size_t i);
  /// Waits for all that is queued.
  void synchronise();
  /// Clock of the SMs right behind contender i in the round that was synchronised last.
  double sm_clock_mhz(std::size_t i) const;

 protected:
  cudaStream_t stream() const { return stream_.get(); }

 private:
  const gpu::Stream& stream_;
  StreamKernels kernels_;
  gpu::MappedFlag flag_;
  gpu::DeviceBuffer flush_buffer_;
  gpu::DeviceBuffer readings_on_device_;
  std::vector<ClockReading> readings_;  ///< one a contender
  std::vector<Launch> contenders_;
};

}  // namespace gemmtune::measure
