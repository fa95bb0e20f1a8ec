// Machines that exist here only as figures: what the simulated device knows of the real one.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::model {

struct SimulatedMachine {
  std::string name;    ///< after `sim:` in --device
  std::string device;  ///< as rows name it; begins with "simulated ", so that nobody takes it for measured
  int sms = 0;
  std::int64_t smem_bytes = 0;  ///< most dynamic shared memory one CTA may ask for
  std::int64_t l2_bytes = 0;
  std::int64_t memory_bytes = 0;
  double sm_clock_mhz = 0;
  double empty_kernel_us = 0;
  double fp8_promoted_tflops = 0;  ///< wgmma E4M3 with the sum moved to FP32 registers every 128 of K
  /// Duration of a kernel that does nothing but read so many bytes (10^6 each) that the L2 does not hold;
  /// ascending.
  std::vector<std::pair<double, double>> cold_read_mb_us;
};

/// NVIDIA H100 SXM. The floors were measured on one: a plain read of the whole buffer by all SMs, after a
/// memset of 512 MB.
const SimulatedMachine& h100_sxm();

/// Every machine that can be simulated.
std::vector<const SimulatedMachine*> machines();

/// Null when there is none of that name.
const SimulatedMachine* find_machine(const std::string& name);

/// No kernel reads `bytes` that the L2 does not hold in less. Linear between the measured points; 0 bytes
/// cost an empty kernel, and past the last point the bandwidth stays that of the last stretch.
double cold_read_floor_us(const SimulatedMachine& machine, double bytes);

}  // namespace gemmtune::model
