// When a board under load has reached its steady clock. Pure: time and readings are given to it.
#pragma once

#include <vector>

namespace gemmtune::measure {

/// Settled: loaded for at least a second, and the median clock of the last quarter of a second differs by
/// less than 1 % from that of the quarter before; or loaded for five seconds, whatever the clock does.
class Settling {
 public:
  explicit Settling(double start_s) : start_s_(start_s), window_start_s_(start_s) {}

  /// A reading of the SMs' clock under load; moments in seconds, never going back.
  void add(double now_s, double sm_clock_mhz);
  bool settled() const { return settled_; }

 private:
  double start_s_, window_start_s_;
  std::vector<double> window_mhz_;
  double last_median_mhz_ = 0;  ///< of the window before; 0: there was none
  bool settled_ = false;
};

}  // namespace gemmtune::measure
