// How busy a GPU was.
#pragma once

namespace gemmtune {

/// What a GPU did during requests, in seconds; the rest of a run it waited for the host.
struct GpuTime {
  double working_s = 0;  ///< ran what was queued: kernels, flushes
  double resting_s = 0;  ///< paused, as the regime `burst` asks

  GpuTime& operator+=(const GpuTime& other) {
    working_s += other.working_s;
    resting_s += other.resting_s;
    return *this;
  }
};

}  // namespace gemmtune
