// The host's time, as a parameter of what waits and what measures spans: tests put their own in its place.
#pragma once

#include <chrono>
#include <thread>

namespace gemmtune::gpu {

struct HostClock {
  /// Seconds since some moment; never goes back.
  double now_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  void sleep_s(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }
};

}  // namespace gemmtune::gpu
