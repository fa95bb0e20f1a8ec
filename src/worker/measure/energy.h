// Energy of a launch, from the board's meter while nothing but that launch runs.
#pragma once

#include "worker/measure/polled_meter.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace gemmtune::measure {

/// How many launches make a chunk of some 10 ms; a multiple of `round`, of the sets of operands that they
/// take turns over. What lies between two launches in a graph is supposed to be 1 us.
inline std::size_t launches_of_chunk(double kernel_us, std::size_t round) {
  constexpr double kChunkUs = 1e4;
  constexpr std::size_t kMost = 2000;
  const double launches = std::clamp(kChunkUs / (kernel_us + 1), 1.0, static_cast<double>(kMost));
  return (static_cast<std::size_t>(launches) + round - 1) / round * round;
}

/// Over a Device that queues chunks of launches (LaunchGraph): queue(), which waits while enough are queued
/// and says whether the board had work until then, ended() for how many have, wait() for all. `meter()` is
/// the last refresh of the board's meter, at once (PolledMeter).
///
/// The meter is refreshed only every some 10 to 100 ms, so power is taken between two of its refreshes at
/// least a second apart. Meanwhile some 100 ms of chunks are always queued.
///
/// The figure is the launch's only while the board has work. It had not where launches were queued one by one
/// and the host was busy with other things (1,000 W and 500 kW came of that), nor, it is supposed, where the
/// host read the meter between two chunks of 10 ms: most launches of a decode step then had none. So a second
/// in which the queue ran dry is measured again.
template <typename Device, typename Clock, typename Meter>
class EnergyOfChunk {
 public:
  EnergyOfChunk(Device& device, Clock& clock, Meter meter)
      : device_(device), clock_(clock), meter_(meter), start_s_(clock.now_s()), end_s_(start_s_) {}

  /// Joules of a chunk; 0 where the meter does not move, or the queue always ran dry.
  double run() {
    const MeterReading before = meter_();
    if (before.total_j == 0) return 0;
    const double energy_j = watch(before);
    device_.wait();
    end_s_ = clock_.now_s();
    return energy_j;
  }

  /// How long chunks have run.
  double working_s() const { return end_s_ - start_s_; }

 private:
  static constexpr double kWarmUpS = 0.3;  ///< clocks and power follow the load within that
  static constexpr double kSpanS = 1;
  static constexpr double kMostS = 5;

  double watch(MeterReading seen) {
    std::optional<MeterReading> first;
    double first_s = 0;  // when chunks were counted, beside the first refresh
    std::size_t first_ended = 0;
    for (bool ran_dry = false;;) {
      if (!device_.queue()) ran_dry = true;
      const std::size_t ended = device_.ended();
      const double now_s = clock_.now_s();
      if (now_s - start_s_ > kMostS) return 0;
      const MeterReading now = meter_();
      if (now.total_j == seen.total_j) continue;
      seen = now;
      if (now.at_s - start_s_ < kWarmUpS) continue;
      if (first && now.at_s - first->at_s < kSpanS) continue;
      if (first && !ran_dry) {
        const double power_w = (now.total_j - first->total_j) / (now.at_s - first->at_s);
        return power_w * (now_s - first_s) / static_cast<double>(ended - first_ended);
      }
      first = now, first_s = now_s, first_ended = ended, ran_dry = false;
    }
  }

  Device& device_;
  Clock& clock_;
  Meter meter_;
  double start_s_, end_s_;
};

/// Energy of a launch out of readings of the meter while launches follow each other: what it moved between
/// the first of its refreshes and the last, over the launches between. When it was refreshed before the first
/// reading nobody knows. A refresh is seen up to a reading too late at both ends, which leaves some per cent
/// of a block of half a second.
class MeteredLaunches {
 public:
  /// `launches`: that have ended by now.
  void read(double total_j, std::size_t launches) {
    if (total_j == 0 || total_j == last_.total_j) return;
    const bool is_first = last_.total_j == 0;
    last_ = {total_j, launches};
    if (!is_first && from_.total_j == 0) from_ = last_;
  }

  /// 0: fewer than two refreshes were seen.
  double launch_j() const {
    if (from_.total_j == 0 || last_.launches <= from_.launches) return 0;
    return (last_.total_j - from_.total_j) / static_cast<double>(last_.launches - from_.launches);
  }

 private:
  struct Refresh {
    double total_j = 0;
    std::size_t launches = 0;
  };
  Refresh from_, last_;
};

}  // namespace gemmtune::measure
