// The timed region: what happens between start and stop, in which order. Written over an abstract Device so
// that the order is tested without a GPU, with failures injected
// (tests/unit/worker_measure/timed_region_test.cpp).
#pragma once

#include <cstddef>
#include <vector>

namespace gemmtune::measure {

/// What one timed launch does, on a Device with: hold(), release(), release_noexcept(), flush_l2(), start(i),
/// launch(contender), stop(i), synchronise(), elapsed_us(i).
///
/// A round launches every contender once (A B C), so that drift hits all alike. Everything of a round is
/// queued behind a held stream: the device never waits for the host between start and stop. The release must
/// happen whatever throws, or the held stream would spin to its limit; so it is armed before the hold is
/// queued.
template <typename Device>
class TimedRegion {
 public:
  explicit TimedRegion(Device& device) : device_(device) {}

  /// Durations in microseconds: one a contender, in their order. `flush` empties L2 of the operands before
  /// each launch.
  std::vector<double> round(std::size_t contenders, bool flush) {
    const Release release{device_, true};
    device_.hold();
    for (std::size_t i = 0; i < contenders; ++i) {
      if (flush) device_.flush_l2();
      device_.start(i);
      device_.launch(i);
      device_.stop(i);
    }
    device_.release();
    device_.synchronise();
    std::vector<double> durations_us;
    for (std::size_t i = 0; i < contenders; ++i) durations_us.push_back(device_.elapsed_us(i));
    return durations_us;
  }

 private:
  struct Release {
    Device& device;
    bool armed;
    ~Release() {
      if (armed) device.release_noexcept();  // harmless when the stream was released already
    }
  };

  Device& device_;
};

}  // namespace gemmtune::measure
