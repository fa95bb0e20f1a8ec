// The timed region: what happens between start and stop, in which order. Written over an abstract Device so
// that the order is tested without a GPU, with failures injected
// (tests/unit/worker_measure/timed_region_test.cpp).
#pragma once

#include <cstddef>
#include <vector>

namespace gemmtune::measure {

/// One timed launch of one contender.
struct Sample {
  double time_us = 0;
  double sm_clock_mhz = 0;  ///< mean while it ran
};

struct Round {
  std::vector<Sample> samples;  ///< one a contender, in their order
  double working_s = 0;         ///< from the stream's release until all that was queued had run
};

/// What one timed launch does, on a Device with: hold(), release(), release_noexcept(), flush_l2(), start(i),
/// launch(contender), stop(i), stamp_before(i), stamp_after(i), synchronise(), elapsed_us(i),
/// sm_clock_mhz(i).
///
/// A round launches every contender once (A B C), so that drift hits all alike. Everything of a round is
/// queued behind a held stream: the device never waits for the host between start and stop. The release must
/// happen whatever throws, or the held stream would spin to its limit; so it is armed before the hold is
/// queued.
template <typename Device, typename Clock>
class TimedRegion {
 public:
  TimedRegion(Device& device, Clock& clock) : device_(device), clock_(clock) {}

  /// `flush` empties L2 of the operands before each launch.
  Round round(std::size_t contenders, bool flush) {
    const Release release{device_};
    device_.hold();
    for (std::size_t i = 0; i < contenders; ++i) {
      if (flush) device_.flush_l2();
      device_.stamp_before(i);
      device_.start(i);
      device_.launch(i);
      device_.stop(i);
      device_.stamp_after(i);
    }
    const double released_s = clock_.now_s();
    device_.release();
    device_.synchronise();
    Round round{{}, clock_.now_s() - released_s};
    for (std::size_t i = 0; i < contenders; ++i)
      round.samples.push_back({device_.elapsed_us(i), device_.sm_clock_mhz(i)});
    return round;
  }

 private:
  struct Release {
    Device& device;
    ~Release() { device.release_noexcept(); }  // harmless when the stream was released already
  };

  Device& device_;
  Clock& clock_;
};

}  // namespace gemmtune::measure
