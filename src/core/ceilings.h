// What this very GPU can do, as measured: bandwidths, rates, latencies. The roofs of every roofline, and the
// floor below which no time with a cold cache can lie.
#pragma once

#include "core/environment.h"
#include "core/names.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemmtune {

inline constexpr const char* kCeilingsSchema = "gemmtune.ceilings/1";

/// A way to do a kind of work, and how fast it was.
struct Attempt {
  std::string how;   ///< what ran, for people
  double value = 0;  ///< in the unit of its ceiling
  double sm_clock_mhz = 0;
  double power_w = 0;
};

/// One figure, under one regime, of one size where the size matters.
struct Ceiling {
  std::string name;  ///< hbm_read, fp8_wgmma, ...; configs/schema/ceilings.schema.json has them all
  PowerRegime regime = PowerRegime::burst;
  double value = 0;  ///< in `unit`; of launches the median
  std::string unit;  ///< GB/s (10^9 bytes), TFLOPS, us
  double low = 0;    ///< interval of the median at 95 %, in `unit`
  double high = 0;
  double time_us = 0;       ///< of one launch or transfer
  std::int64_t bytes = 0;   ///< that it moved, read and written; 0: none
  double flops = 0;         ///< that it computed; 0: none
  double sm_clock_mhz = 0;  ///< mean while it ran; this and what follows 0: unknown
  double power_w = 0;
  double temperature_c = 0;
  std::int64_t throttle = 0;    ///< NVML's reasons as a bit mask (core/throttle.h)
  std::string how;              ///< what ran, for people
  std::vector<Attempt> others;  ///< that did the same slower
};

/// What is measured by one request, in the order in which it should be: latencies before CUPTI slows
/// launches, what heats the board last.
inline constexpr std::array<std::string_view, 9> kProbes = {
    "launch",    "transfers",          "cold",       "l2",      "memory",
    "fp8_wgmma", "fp8_wgmma_promoted", "bf16_wgmma", "fp32_fma"};

/// All ceilings of one machine (ceilings.json).
struct Ceilings {
  Environment environment;
  std::string timestamp;  ///< when they were complete, ISO 8601, UTC
  Timer timer = Timer::event;
  std::vector<Ceiling> ceilings;
};

/// No kernel reads bytes that the L2 does not hold in less: linear between measured points.
struct ColdReadFloor {
  double empty_kernel_us = 0;
  std::vector<std::pair<double, double>> mb_us;  ///< 10^6 bytes and their time; ascending, not empty

  Timer timer = Timer::event;  ///< that they were taken with

  /// 0 bytes cost an empty kernel; past the last point the bandwidth stays that of the last stretch.
  double us(double bytes) const;
};

/// From the cold reads among them; nothing where there are none.
std::optional<ColdReadFloor> cold_read_floor(const Ceilings& ceilings);

}  // namespace gemmtune
