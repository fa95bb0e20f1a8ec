#include "core/ceilings.h"

#include "util/piecewise.h"

#include <algorithm>

namespace gemmtune {

double ColdReadFloor::us(double bytes) const {
  return interpolated(empty_kernel_us, mb_us, bytes * 1e-6);
}

std::optional<ColdReadFloor> cold_read_floor(const Ceilings& ceilings) {
  ColdReadFloor floor;
  floor.timer = ceilings.timer;
  for (const Ceiling& c : ceilings.ceilings) {
    if (c.name == "cold_read" && c.bytes > 0 && c.time_us > 0)
      floor.mb_us.emplace_back(static_cast<double>(c.bytes) * 1e-6, c.time_us);
    if (c.name == "empty_kernel_us") floor.empty_kernel_us = c.value;
  }
  std::ranges::sort(floor.mb_us);
  // A size that came twice: the faster of the two is the floor, and the slope between them is none.
  const auto same_size = std::ranges::unique(floor.mb_us, {}, &std::pair<double, double>::first);
  floor.mb_us.erase(same_size.begin(), same_size.end());
  return floor.mb_us.empty() ? std::nullopt : std::optional(floor);
}

}  // namespace gemmtune
