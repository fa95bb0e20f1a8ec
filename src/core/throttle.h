// NVML's reasons for slower clocks (nvmlClocksEventReasons), as `throttle` holds them.
#pragma once

#include <cstdint>

namespace gemmtune {

/// Reasons for which a batch cannot be trusted: hardware slowdown, software thermal, hardware thermal, power
/// brake. The power cap (0x4) is normal at full load and only recorded.
inline constexpr std::int64_t kSlowdowns = 0x8 | 0x20 | 0x40 | 0x80;

}  // namespace gemmtune
