// Compiled once for each configuration of quantiser_test.cpp: CONFIGURATION is its name, the rest are macros
// of the kernels. All of these are in a namespace of their own, since each configuration has other functions
// of the same names.
#include "unit/kernels/quantiser.h"

#include "fakes/device/arithmetic.h"
#include "fakes/device/device.h"

#define JOINED_(a, b) a##b
#define JOINED(a, b) JOINED_(a, b)
// extern "C" has no namespaces.
#define quantise_row JOINED(quantise_row_, CONFIGURATION)
#define quantise_block JOINED(quantise_block_, CONFIGURATION)
#define quantise_both JOINED(quantise_both_, CONFIGURATION)

namespace CONFIGURATION {

/// As the GPU's: the other one where one is NaN. The C library's gives NaN for one that signals.
inline float fmaxf(float a, float b) {
  return a > b || b != b ? a : b;
}

#include "quantise/quantise.cuh"

void row(const QuantiserArguments& x) {
  const unsigned tasks = (x.rows + 7) / 8 * (x.columns / 128);
  fakes::run_grid({(tasks + kWarps - 1) / kWarps, 1}, kThreads, [&] {
    quantise_row(x.from, x.pitch, x.values, x.values_pitch, x.scales, x.rows, x.columns, x.seed);
  });
}

void block(const QuantiserArguments& x) {
  fakes::run_grid({x.columns / 128, (x.rows + 127) / 128}, kThreads, [&] {
    quantise_block(x.from, x.pitch, x.values, x.values_pitch, x.scales, x.rows, x.columns, x.seed);
  });
}

void both(const QuantiserArguments& x) {
  fakes::run_grid({x.columns / 128, (x.rows + 127) / 128}, kBothThreads, [&] {
    quantise_both(x.from, x.pitch, x.values, x.values_pitch, x.scales, x.turned, x.turned_pitch,
                  x.turned_scales, x.rows, x.columns, x.seed);
  });
}

float quotient_of(float x, float amax) {
  return quotient(x, divisor_of(scale_of(amax)));
}

}  // namespace CONFIGURATION

HostQuantiser JOINED(host_, CONFIGURATION)() {
  return {INPUT_BYTES,
          POWERS_OF_TWO != 0,
          STOCHASTIC != 0,
          DEFECT,
          CONFIGURATION::row,
          CONFIGURATION::block,
          CONFIGURATION::both,
          CONFIGURATION::quotient_of,
          CONFIGURATION::scale_of};
}
