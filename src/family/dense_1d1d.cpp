// What kernels/gemm/multiply_1d1d.cuh adds to the pipeline: two sets of accumulators, one that sums and one
// that wgmma writes, and scales of rows and columns, of which it holds as many as there are registers for.
#include "family/gemm.h"
#include "family/kernels.h"
#include "family/scaled_1d1d.h"

namespace gemmtune::family {

/// The most columns that were compiled without a spill, in every output mode and with each multicast (NVRTC
/// 13.0): see kernels/README.md, "Registers". Multiples of 8 that are none of 16 spill earlier.
int widest_columns_1d1d(const GemmConfig& c) {
  const bool odd = c.columns() % 16 != 0, splits = c.split_k > 1;
  if (c.rows() == 256 && c.k_groups == 1) return odd ? 88 : splits ? 112 : 128;
  if (c.rows() == 256) return splits ? 48 : 56;
  if (c.math_warpgroups() == 4) return splits ? 80 : c.accumulate ? 88 : 96;
  if (c.math_warpgroups() == 3) return splits ? 112 : odd ? 120 : c.k_groups == 3 && c.loads_c() ? 128 : 144;
  return odd ? 168 : 192;
}

const Family& dense_1d1d() {
  static const Gemm family(operation::kDense1d1d, {widest_columns_1d1d, 1, nullptr});
  return family;
}

}  // namespace gemmtune::family
