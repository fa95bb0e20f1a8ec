// Everything timed on one GPU: the policy's timer, batches watched over, energy.
#pragma once

#include "core/messages.h"
#include "worker/gpu/host_clock.h"
#include "worker/gpu/nvml.h"
#include "worker/measure/cupti_device.h"
#include "worker/measure/event_device.h"

#include <optional>
#include <vector>

namespace gemmtune::measure {

class Bench {
 public:
  /// `stream` and `nvml` must outlive the bench.
  Bench(const gpu::Stream& stream, StreamKernels kernels, const gpu::Nvml& nvml)
      : stream_(stream), kernels_(std::move(kernels)), nvml_(nvml) {}

  /// At least one launch. All figures of a timing but those of the kernel itself (smem_bytes). Energy is
  /// measured where it is the launch's own: of one contender alone in the regime `sustained`, of each in its
  /// blocks, and not with memsets in between. `draws`: see Batch. `round`: after so many launches a contender
  /// has been on each set of operands alike.
  MeasureReport measure(const std::vector<Launch>& launches, const Policy& policy, std::size_t draws = 1,
                        std::size_t round = 1);

  /// Whether CUPTI is recording at the moment.
  bool traces() const { return cupti_.has_value(); }
  /// Before the host times launches: recording them takes longer than launching.
  void stop_tracing() { cupti_.reset(); }

 private:
  MeasureReport time(const std::vector<Launch>& launches, const Policy& policy, std::size_t draws);
  void add_energy(const Launch& launch, std::size_t round, MeasureReport& report);
  EventDevice& event_device();
  CuptiDevice& cupti_device();

  const gpu::Stream& stream_;
  StreamKernels kernels_;
  const gpu::Nvml& nvml_;
  gpu::HostClock clock_;
  double rested_s_ = 0;  ///< when the next burst may begin
  // One timer at a time: tracing by CUPTI would lengthen what events measure.
  std::optional<EventDevice> event_;
  std::optional<CuptiDevice> cupti_;
};

/// Whether nothing but single launches works between two readings of the meter.
inline bool works_alone(L2Policy l2) {
  return l2 == L2Policy::cold_rotate || l2 == L2Policy::warm;
}

/// Whether Bench::measure says what energy a launch takes, in a measurement of its own.
inline bool measures_energy(std::size_t contenders, const Policy& policy) {
  return contenders == 1 && policy.regime == PowerRegime::sustained && works_alone(policy.l2);
}

/// Whether it reads the meter while blocks run.
inline bool meters_blocks(const Policy& policy) {
  return policy.regime == PowerRegime::blocks && works_alone(policy.l2);
}

}  // namespace gemmtune::measure
