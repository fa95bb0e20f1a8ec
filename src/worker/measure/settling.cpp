#include "worker/measure/settling.h"

#include "stats/summary.h"

#include <cmath>
#include <utility>

namespace gemmtune::measure {

namespace {

constexpr double kWindowS = 0.25;
constexpr double kLeastS = 1;
constexpr double kMostS = 5;
constexpr double kSteady = 0.01;

}  // namespace

void Settling::add(double now_s, double sm_clock_mhz) {
  window_mhz_.push_back(sm_clock_mhz);
  const double loaded_s = now_s - start_s_;
  if (loaded_s >= kMostS) settled_ = true;
  if (now_s - window_start_s_ < kWindowS) return;
  const double median_mhz = stats::median(std::exchange(window_mhz_, {}));
  const double before_mhz = std::exchange(last_median_mhz_, median_mhz);
  window_start_s_ = now_s;
  if (loaded_s >= kLeastS && before_mhz > 0 && std::abs(median_mhz - before_mhz) < kSteady * before_mhz)
    settled_ = true;
}

}  // namespace gemmtune::measure
