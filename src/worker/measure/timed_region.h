// The timed region: what happens between start and stop, in which order. Written over an abstract Device so
// that the order is tested without a GPU, with failures injected
// (tests/unit/worker_measure/timed_region_test.cpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace gemmtune::measure {

/// One timed launch of one contender.
struct Sample {
  double time_us = 0;
  double sm_clock_mhz = 0;  ///< mean while it ran
  /// Names of what it ran, in the order of starting; none where the timer does not know.
  std::vector<std::string> kernels = {};
};

/// What each contender does before the next one does the same.
struct Turn {
  int untimed = 0;     ///< launches before the timed ones
  int timed = 1;       ///< launches
  bool flush = false;  ///< L2 of the operands before each timed launch
};

/// Some contenders, one after the other: a round or a part of it.
struct Contenders {
  std::size_t first = 0;
  std::size_t count = 1;
};

struct Round {
  std::vector<Sample> samples;  ///< Turn::timed of the first contender, then of the second, ...
  double resting_s = 0;         ///< until it was allowed to begin
  double working_s = 0;         ///< from the stream's release until all had run and was read back
};

/// What one timed launch does, on a Device with: hold(samples), release(), release_noexcept(), flush_l2(),
/// launch(contender), synchronise(), and for sample i of the round start(i), stop(i), stamp_before(i),
/// stamp_after(i), elapsed_us(i), sm_clock_mhz(i), kernels(i).
///
/// The contenders take turns (A B C), so that drift hits all alike. A turn begins with untimed launches
/// because a kernel whose code is not in the SMs' instruction caches takes longer: without them, of two
/// contenders that share a cubin the second was 2 to 5 % faster at 11 us than the first.
///
/// Everything is queued behind a held stream: the device never waits for the host between start and stop. The
/// release must happen whatever throws, or the held stream would spin to its limit; so it is armed before the
/// hold is queued.
template <typename Device, typename Clock>
class TimedRegion {
 public:
  TimedRegion(Device& device, Clock& clock) : device_(device), clock_(clock) {}

  /// Nothing runs before `earliest_s`: until then the device rests, and the host queues.
  Round round(const Contenders& contenders, const Turn& turn, double earliest_s) {
    const double begun_s = clock_.now_s();
    // A held stream gives up after two seconds; half a second is plenty for queueing.
    if (begun_s < earliest_s - kQueueingS) clock_.sleep_s(earliest_s - kQueueingS - begun_s);
    const std::size_t samples = contenders.count * static_cast<std::size_t>(turn.timed);
    const Release release{device_};
    device_.hold(samples);
    for (std::size_t c = 0, i = 0; c < contenders.count; ++c) {
      for (int launch = 0; launch < turn.untimed; ++launch) device_.launch(contenders.first + c);
      for (int launch = 0; launch < turn.timed; ++launch, ++i) time(i, contenders.first + c, turn.flush);
    }
    if (clock_.now_s() < earliest_s) clock_.sleep_s(earliest_s - clock_.now_s());
    const double released_s = clock_.now_s();
    device_.release();
    device_.synchronise();
    Round round{{}, std::max(0.0, earliest_s - begun_s), clock_.now_s() - released_s};
    for (std::size_t i = 0; i < samples; ++i)
      round.samples.push_back({device_.elapsed_us(i), device_.sm_clock_mhz(i), device_.kernels(i)});
    return round;
  }

 private:
  struct Release {
    Device& device;
    ~Release() { device.release_noexcept(); }  // harmless when the stream was released already
  };

  static constexpr double kQueueingS = 0.5;

  void time(std::size_t sample, std::size_t contender, bool flush) {
    if (flush) device_.flush_l2();
    device_.stamp_before(sample);
    device_.start(sample);
    device_.launch(contender);
    device_.stop(sample);
    device_.stamp_after(sample);
  }

  Device& device_;
  Clock& clock_;
};

}  // namespace gemmtune::measure
