// How a figure is made. Recorded in every row: changing what a policy does changes its name.
#pragma once

#include "core/names.h"

#include <cstdint>
#include <string>

namespace gemmtune {

struct Policy {
  L2Policy l2 = L2Policy::cold_memset512;
  Timer timer = Timer::event;
  int warmup = 1;    ///< untimed launches before the first sample
  int samples = 12;  ///< timed launches of each contender
  std::uint64_t seed = 1;

  /// `cold_memset512-event-burst-w1-n12`: equal names, comparable figures.
  std::string name() const;
};

}  // namespace gemmtune
