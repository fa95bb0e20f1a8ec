// How a figure is made. Recorded in every row: changing what a policy does changes its name.
#pragma once

#include "core/names.h"

#include <cstdint>
#include <string>

namespace gemmtune {

struct Policy {
  L2Policy l2 = L2Policy::cold_memset512;
  Timer timer = Timer::event;
  PowerRegime regime = PowerRegime::burst;
  int warmup = 1;        ///< untimed launches before the first sample
  int samples = 12;      ///< timed launches of each contender, at least
  int max_samples = 0;   ///< at most; not above `samples`: exactly `samples`
  double precision = 0;  ///< enough once the interval of each median is this much of it, relative
  std::uint64_t seed = 1;

  bool adaptive() const { return max_samples > samples; }

  /// `cold_memset512-event-burst-w1-n12`, adaptive `...-n15to100-p0.005`: equal names, comparable figures.
  std::string name() const;
};

}  // namespace gemmtune
