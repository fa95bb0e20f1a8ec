// Energy of a launch, from the board's meter while nothing but that launch runs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>

namespace gemmtune::measure {

/// That a launch takes at most while the board has work, of one whose kernel takes `kernel_us` back to back
/// in turns: as long, and what lies between two launches (1 us in a graph of kernels of one element).
inline double most_launch_s(double kernel_us) {
  return 1.15e-6 * kernel_us + 2e-6;
}

/// Over a Device with launch(i) and synchronise(); `meter()` is the energy that the whole board has used
/// since some moment, in joules, 0 where nobody knows.
///
/// The meter is refreshed only every some 10 to 100 ms, so power is taken between two of its refreshes at
/// least a second apart, and the energy of a launch is power x time of a launch. The queue is filled in
/// chunks that last long against the wait between two of them, and the meter is read while a chunk runs.
///
/// That holds only while the board has work. Where the host is busy with other things it waits for launches:
/// figures of 1,000 W and of 500 kW came of that. A second in which it waited is measured again.
template <typename Device, typename Clock, typename Meter>
class EnergyOfLaunch {
 public:
  EnergyOfLaunch(Device& device, Clock& clock, Meter meter, double kernel_us)
      : device_(device),
        clock_(clock),
        meter_(meter),
        most_launch_s_(most_launch_s(kernel_us)),
        start_s_(clock.now_s()),
        end_s_(start_s_) {}

  /// Joules of a launch of contender 0; 0 where the meter does not move, or the board always waited.
  double run() {
    double seen_j = meter_();
    if (seen_j == 0) return 0;
    std::optional<Refresh> first;
    for (Chunks chunks;;) {
      const Refresh now = chunk(chunks);
      if (now.at_s - start_s_ > kMostS) return 0;
      if (now.total_j == seen_j) continue;
      seen_j = now.total_j;
      if (now.at_s - start_s_ < kWarmUpS) continue;
      const double span_s = first ? now.at_s - first->at_s : 0;
      if (first && span_s < kSpanS) continue;
      if (first && had_work(chunks)) return (now.total_j - first->total_j) / span_s * chunks.launch_s();
      first = now, chunks = {};
    }
  }

  /// How long launches have run.
  double working_s() const { return end_s_ - start_s_; }

 private:
  /// What the meter showed, and when.
  struct Refresh {
    double at_s = 0;
    double total_j = 0;
  };

  /// Those of a span.
  struct Chunks {
    double seconds = 0;
    std::size_t launches = 0;
    double fastest_launch_s = std::numeric_limits<double>::infinity();  ///< mean of a chunk

    double launch_s() const { return seconds / static_cast<double>(launches); }
  };

  static constexpr double kChunkS = 0.01;
  static constexpr double kWarmUpS = 0.3;  ///< clocks and power follow the load within that
  static constexpr double kSpanS = 1;
  static constexpr double kMostS = 5;
  static constexpr double kMostOverFastest = 1.05;

  bool had_work(const Chunks& chunks) const {
    return chunks.launch_s() <= kMostOverFastest * chunks.fastest_launch_s &&
           chunks.launch_s() <= most_launch_s_;
  }

  Refresh chunk(Chunks& chunks) {
    const double start_s = clock_.now_s();
    for (std::size_t i = 0; i < chunk_; ++i) device_.launch(0);
    const Refresh refresh{clock_.now_s(), meter_()};
    device_.synchronise();
    end_s_ = clock_.now_s();
    const double launch_s = (end_s_ - start_s) / static_cast<double>(chunk_);
    chunks.seconds += end_s_ - start_s;
    chunks.launches += chunk_;
    chunks.fastest_launch_s = std::min(chunks.fastest_launch_s, launch_s);
    // By the fastest: a chunk that waited for the host is not as long as it looks.
    if (chunks.fastest_launch_s * static_cast<double>(chunk_) < kChunkS) chunk_ *= 2;
    return refresh;
  }

  Device& device_;
  Clock& clock_;
  Meter meter_;
  double most_launch_s_;
  double start_s_, end_s_;
  std::size_t chunk_ = 1;  ///< launches
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
