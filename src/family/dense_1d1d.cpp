// What kernels/gemm/multiply_1d1d.cuh adds to the pipeline: two sets of accumulators, one that sums and one
// that wgmma writes, and scales of rows and columns, of which it holds as many as there are registers for.
#include "family/gemm.h"
#include "family/kernels.h"

namespace gemmtune::family {

namespace {

/// The most columns that were compiled without a spill, in every output mode and with each multicast (NVRTC
/// 13.0): see kernels/README.md, "Registers". Multiples of 8 that are none of 16 spill earlier.
int widest_columns_1d1d(const GemmConfig& c) {
  const bool odd = c.columns() % 16 != 0, splits = c.split_k > 1;
  if (c.rows() == 256) return c.k_groups > 1 ? (splits ? 56 : 64) : odd ? 88 : 128;
  if (c.math_warpgroups() == 4) return splits ? 80 : 96;
  if (c.math_warpgroups() == 3) return odd ? 120 : 144;
  return odd ? 168 : 192;
}

}  // namespace

const Family& dense_1d1d() {
  static const Gemm family(operation::kDense1d1d, {widest_columns_1d1d, 1, nullptr});
  return family;
}

}  // namespace gemmtune::family
