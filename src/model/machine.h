// Machines that exist here only as figures: what the simulated device knows of the real one.
#pragma once

#include "launch/gemm_time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::model {

/// What the model of a GEMM does not need, for the ceilings of a simulated device.
struct Rates {
  double hbm_write_gbps = 0;
  double hbm_copy_gbps = 0;
  double l2_read_gbps = 0;
  double fp8_tflops = 0;  ///< not promoted
  double bf16_tflops = 0;
  double fp32_tflops = 0;
  double launch_us = 0;
  double host_gbps = 0;  ///< between the host's memory and the device's
};

/// What bounds launches that follow each other back to back. NOTES: fitted to two kernels of one problem on
/// one H100 (4096x4096x7168, 256x128 alone and two of them sharing A), which took 206 and 190.5 us in blocks;
/// that run is not kept.
struct Power {
  double limit_w = 0;
  double flop_pj = 0;
  double l2_byte_pj = 0;  ///< of what SMs ask of the L2
};

struct SimulatedMachine : launch::MachineFigures {
  std::string name;    ///< after `sim:` in --device
  std::string device;  ///< as rows name it; begins with "simulated ", so that nobody takes it for measured
  std::int64_t smem_bytes = 0;  ///< most dynamic shared memory one CTA may ask for
  std::int64_t memory_bytes = 0;
  Rates rates;
  Power power;
};

/// NVIDIA H100 SXM. The floors were measured on one: a plain read of the whole buffer by all SMs, after a
/// memset of 512 MB.
const SimulatedMachine& h100_sxm();

/// Every machine that can be simulated.
std::vector<const SimulatedMachine*> machines();

/// Null when there is none of that name.
const SimulatedMachine* find_machine(const std::string& name);

}  // namespace gemmtune::model
