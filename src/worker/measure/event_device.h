// The "event" timer: CUDA events around each launch. A duration holds the latencies between the events and
// the kernel besides the kernel.
#pragma once

#include "worker/measure/held_stream.h"

#include <deque>
#include <string>
#include <vector>

namespace gemmtune::measure {

class EventDevice : public HeldStream {
 public:
  using HeldStream::HeldStream;

  void start(std::size_t i);
  void stop(std::size_t i);
  double elapsed_us(std::size_t i) const;
  /// Events do not say what ran between them.
  std::vector<std::string> kernels(std::size_t) const { return {}; }

 private:
  std::deque<gpu::Event> starts_, stops_;  // a deque: events cannot move
};

}  // namespace gemmtune::measure
