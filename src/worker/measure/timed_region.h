// The timed region: what happens between start and stop, in which order. Written over an abstract Device so
// that the order is tested without a GPU, with failures injected
// (tests/unit/worker_measure/timed_region_test.cpp).
#pragma once

#include "core/messages.h"
#include "stats/summary.h"

#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace gemmtune::measure {

/// One timed launch of one contender.
struct Sample {
  double time_us = 0;
  double sm_clock_mhz = 0;  ///< right behind it
};

/// What one timed launch does, on a Device with: hold(), release(), release_noexcept(), flush_l2(), start(i),
/// launch(contender), stop(i), read_clock(i), synchronise(), elapsed_us(i), sm_clock_mhz(i).
///
/// A round launches every contender once (A B C), so that drift hits all alike. Everything of a round is
/// queued behind a held stream: the device never waits for the host between start and stop. The release must
/// happen whatever throws, or the held stream would spin to its limit; so it is armed before the hold is
/// queued.
template <typename Device>
class TimedRegion {
 public:
  explicit TimedRegion(Device& device) : device_(device) {}

  /// One sample a contender, in their order. `flush` empties L2 of the operands before each launch.
  std::vector<Sample> round(std::size_t contenders, bool flush) {
    const Release release{device_, true};
    device_.hold();
    for (std::size_t i = 0; i < contenders; ++i) {
      if (flush) device_.flush_l2();
      device_.start(i);
      device_.launch(i);
      device_.stop(i);
      device_.read_clock(i);
    }
    device_.release();
    device_.synchronise();
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < contenders; ++i)
      samples.push_back({device_.elapsed_us(i), device_.sm_clock_mhz(i)});
    return samples;
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

/// Rounds under a policy, those of the warm-up thrown away: one timing a contender, with its samples and the
/// median of its clock readings.
template <typename Device>
std::vector<Timing> time_contenders(Device& device, std::size_t contenders, const Policy& policy) {
  std::vector<Timing> timings(contenders);
  std::vector<std::vector<double>> clocks_mhz(contenders);
  TimedRegion region(device);
  for (int i = 0; i < policy.warmup + policy.samples; ++i) {
    const std::vector<Sample> round = region.round(contenders, policy.l2 == L2Policy::cold_memset512);
    // The regime "burst": twice as long idle as busy, so that the board's average power stays off its cap.
    double busy_us = 0;
    for (const Sample& sample : round) busy_us += sample.time_us;
    std::this_thread::sleep_for(std::chrono::duration<double, std::micro>(2 * busy_us));
    if (i < policy.warmup) continue;
    for (std::size_t c = 0; c < contenders; ++c) {
      timings[c].samples_us.push_back(round[c].time_us);
      clocks_mhz[c].push_back(round[c].sm_clock_mhz);
    }
  }
  for (std::size_t c = 0; c < contenders; ++c) timings[c].sm_clock_mhz = stats::median(clocks_mhz[c]);
  return timings;
}

}  // namespace gemmtune::measure
