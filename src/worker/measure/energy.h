// Energy of a launch, from the board's meter while nothing but that launch runs.
#pragma once

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

/// Over a Device that queues chunks of launches: queue(), idle() whether nothing of them is left to do,
/// wait_for_one_before() for all but the last, wait(). `meter()` is the energy that the whole board has used
/// since some moment, in joules, 0 where nobody knows.
///
/// The meter is refreshed only every some 10 to 100 ms, so it is read between two of its refreshes at least a
/// second apart. Meanwhile one chunk is always queued behind the one that runs, and the host looks at the
/// meter when a chunk has ended.
///
/// The figure is the launch's only while the board has work. Where launches were queued one by one, and the
/// host was busy with other things, the board waited: figures of 1,000 W and of 500 kW came of that, and
/// beside a check of the time that chunks take, five of six launches of a decode step had none. Now a second
/// in which the queue ran dry is measured again.
template <typename Device, typename Clock, typename Meter>
class EnergyOfChunk {
 public:
  EnergyOfChunk(Device& device, Clock& clock, Meter meter)
      : device_(device), clock_(clock), meter_(meter), start_s_(clock.now_s()), end_s_(start_s_) {}

  /// Joules of a chunk; 0 where the meter does not move, or the queue always ran dry.
  double run() {
    double seen_j = meter_();
    if (seen_j == 0) return 0;
    device_.queue();
    const double energy_j = watch(seen_j);
    device_.wait();
    end_s_ = clock_.now_s();
    return energy_j;
  }

  /// How long chunks have run.
  double working_s() const { return end_s_ - start_s_; }

 private:
  /// What the meter showed, and when.
  struct Refresh {
    double at_s = 0;
    double total_j = 0;
  };

  static constexpr double kWarmUpS = 0.3;  ///< clocks and power follow the load within that
  static constexpr double kSpanS = 1;
  static constexpr double kMostS = 5;

  double watch(double seen_j) {
    std::optional<Refresh> first;
    std::size_t chunks = 0;  // since then
    bool ran_dry = false;
    for (;;) {
      if (device_.idle()) ran_dry = true;
      device_.queue();
      device_.wait_for_one_before();
      ++chunks;
      const Refresh now{clock_.now_s(), meter_()};
      if (now.at_s - start_s_ > kMostS) return 0;
      if (now.total_j == seen_j) continue;
      seen_j = now.total_j;
      if (now.at_s - start_s_ < kWarmUpS) continue;
      if (first && now.at_s - first->at_s < kSpanS) continue;
      if (first && !ran_dry) return (now.total_j - first->total_j) / static_cast<double>(chunks);
      first = now, chunks = 0, ran_dry = false;
    }
  }

  Device& device_;
  Clock& clock_;
  Meter meter_;
  double start_s_, end_s_;
};

}  // namespace gemmtune::measure
