// The "cupti" timer: a launch lasts from the start of its first kernel to the end of its last, as the GPU
// recorded them; latencies of launching are not in it. CUPTI gives nanoseconds, but they are readings of the
// GPU's global timer, which ticks every 32 ns on Hopper.
#pragma once

#include "worker/measure/cupti_trace.h"
#include "worker/measure/held_stream.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::measure {

/// While one exists every kernel of the process is recorded, which slows its launches: figures of the event
/// timer are not to be made then.
class CuptiDevice : public HeldStream {
 public:
  using HeldStream::HeldStream;

  void start(std::size_t i);
  void stop(std::size_t) { timed_.reset(); }
  /// Throws CuptiError when records of the round are missing.
  void synchronise();
  double elapsed_us(std::size_t i) const { return traced_[i].duration_us; }
  const std::vector<std::string>& kernels(std::size_t i) const { return traced_[i].kernels; }

 private:
  CuptiTrace trace_;
  std::optional<CuptiLaunch> timed_;     ///< between start and stop
  std::vector<std::uint64_t> launches_;  ///< ids, one a sample
  std::vector<TracedLaunch> traced_;
};

}  // namespace gemmtune::measure
