// What every timer needs of the stream: held while a round is queued, L2 flushed, the SM's clock read beside
// each launch. A timer's device adds how it reads durations.
#pragma once

#include "worker/gpu/resources.h"
#include "worker/measure/mean_clock.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace gemmtune::measure {

/// Queues one launch on the stream.
using Launch = std::function<void(cudaStream_t)>;

/// A flush writes this much: ten times the L2 of an H100, as the peers' figures were made.
inline constexpr std::size_t kFlushBytes = std::size_t{512} << 20;

/// Kernels of kernels/support/stream.cuh.
struct StreamKernels {
  std::function<void(cudaStream_t, std::uint32_t* flag)> hold;  ///< waits until the flag is not 0
  std::function<void(cudaStream_t, ClockStamp* stamps, std::uint32_t sms)> stamp_clocks;  ///< about 2 us
};

class HeldStream {
 public:
  HeldStream(const gpu::Stream& stream, StreamKernels kernels);

  /// What launch() launches. Contenders stay until the next call.
  void set_contenders(std::vector<Launch> contenders);

  /// Until release(); what follows has at most so many samples.
  void hold(std::size_t samples);
  void release() { flag_.set(1); }
  void release_noexcept() noexcept { flag_.set(1); }
  void flush_l2();
  void launch(std::size_t contender) { contenders_[contender](stream_.get()); }
  /// Queue the stamps between which sm_clock_mhz(i) tells the clock.
  void stamp_before(std::size_t i) { stamp(2 * i); }
  void stamp_after(std::size_t i) { stamp(2 * i + 1); }
  /// Waits for all that is queued.
  void synchronise();
  /// Mean clock of the SMs during sample i of what was synchronised last.
  double sm_clock_mhz(std::size_t i) const;

 protected:
  cudaStream_t stream() const { return stream_.get(); }

 private:
  void stamp(std::size_t which);
  std::span<const ClockStamp> stamps(std::size_t which) const;

  const gpu::Stream& stream_;
  StreamKernels kernels_;
  std::uint32_t sms_;
  gpu::MappedFlag flag_;
  gpu::DeviceBuffer flush_buffer_;
  gpu::DeviceBuffer stamps_on_device_;
  std::vector<ClockStamp> stamps_;  ///< [sample][before, after][sm]
  std::vector<Launch> contenders_;
};

}  // namespace gemmtune::measure
