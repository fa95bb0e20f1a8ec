#include "worker/measure/mean_clock.h"

#include "stats/summary.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace gemmtune::measure {

double mean_clock_mhz(std::span<const ClockStamp> before, std::span<const ClockStamp> after) {
  std::vector<double> clocks_mhz;
  for (std::size_t sm = 0; sm < std::min(before.size(), after.size()); ++sm) {
    if (before[sm].ns == 0 || after[sm].ns <= before[sm].ns || after[sm].cycles <= before[sm].cycles)
      continue;
    clocks_mhz.push_back(static_cast<double>(after[sm].cycles - before[sm].cycles) /
                         static_cast<double>(after[sm].ns - before[sm].ns) * 1e3);
  }
  return clocks_mhz.empty() ? 0 : stats::median(std::move(clocks_mhz));
}

}  // namespace gemmtune::measure
