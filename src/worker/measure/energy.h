// Energy of a launch, from the board's meter while nothing but that launch runs.
#pragma once

#include <cstddef>
#include <optional>

namespace gemmtune::measure {

/// Over a Device with launch(i) and synchronise(); `meter()` is the energy that the whole board has used
/// since some moment, in joules, 0 where nobody knows.
///
/// The meter is refreshed only every some 10 to 100 ms, so power is taken between two of its refreshes at
/// least a second apart, and the energy of a launch is power x time of a launch. The queue is filled in
/// chunks that last long against the wait between two of them, and the meter is read while a chunk runs.
template <typename Device, typename Clock, typename Meter>
class EnergyOfLaunch {
 public:
  EnergyOfLaunch(Device& device, Clock& clock, Meter meter)
      : device_(device), clock_(clock), meter_(meter), start_s_(clock.now_s()), end_s_(start_s_) {}

  /// Joules of a launch of contender 0; 0 where the meter does not move.
  double run() {
    double seen_j = meter_();
    if (seen_j == 0) return 0;
    std::optional<Refresh> first, last;
    while (!first || last->at_s - first->at_s < kSpanS) {
      const Refresh now = chunk();
      if (now.at_s - start_s_ > kMostS) return 0;
      if (now.total_j == seen_j) continue;
      seen_j = now.total_j;
      if (now.at_s - start_s_ < kWarmUpS) continue;
      last = now;
      if (!first) first = now;
    }
    const double power_w = (last->total_j - first->total_j) / (last->at_s - first->at_s);
    return power_w * working_s() / static_cast<double>(launches_);
  }

  /// How long launches have run.
  double working_s() const { return end_s_ - start_s_; }

 private:
  /// What the meter showed, and when.
  struct Refresh {
    double at_s = 0;
    double total_j = 0;
  };

  static constexpr double kChunkS = 0.01;
  static constexpr double kWarmUpS = 0.3;  ///< clocks and power follow the load within that
  static constexpr double kSpanS = 1;
  static constexpr double kMostS = 4;

  Refresh chunk() {
    const double start_s = clock_.now_s();
    for (std::size_t i = 0; i < chunk_; ++i) device_.launch(0);
    const Refresh refresh{clock_.now_s(), meter_()};
    device_.synchronise();
    launches_ += chunk_;
    end_s_ = clock_.now_s();
    if (end_s_ - start_s < kChunkS) chunk_ *= 2;
    return refresh;
  }

  Device& device_;
  Clock& clock_;
  Meter meter_;
  double start_s_, end_s_;
  std::size_t chunk_ = 1;  ///< launches
  std::size_t launches_ = 0;
};

}  // namespace gemmtune::measure
