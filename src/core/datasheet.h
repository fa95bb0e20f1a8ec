// What a GPU's datasheet promises, for the boards that are known by name.
#pragma once

#include <string_view>

namespace gemmtune {

/// Dense rates at the datasheet's clock; none of them is reached by a real kernel.
struct Datasheet {
  const char* board;
  double hbm_gbps;
  double fp8_tflops;
  double bf16_tflops;
  double sm_clock_mhz;  ///< at which 132 SMs make those rates
};

/// `device` as rows name it, simulated ones included. Null when its datasheet is not known here.
const Datasheet* find_datasheet(std::string_view device);

}  // namespace gemmtune
