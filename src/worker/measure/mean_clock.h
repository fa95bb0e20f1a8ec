// The SMs' clock while a kernel ran.
#pragma once

#include <cstdint>
#include <span>

namespace gemmtune::measure {

/// ClockStamp of kernels/support/stream.cuh; the two must agree byte for byte.
struct ClockStamp {
  std::uint64_t cycles = 0;
  std::uint64_t ns = 0;
};

/// Mean clock in MHz over the while between two stamps of all SMs, the median of the SMs that have both; 0
/// where none has.
double mean_clock_mhz(std::span<const ClockStamp> before, std::span<const ClockStamp> after);

}  // namespace gemmtune::measure
