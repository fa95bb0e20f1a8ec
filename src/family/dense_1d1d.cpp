// What kernels/gemm/multiply_1d1d.cuh adds to the pipeline: two sets of accumulators, one that sums and one
// that wgmma writes, and scales of rows and of columns.
#include "family/gemm.h"
#include "family/kernels.h"

namespace gemmtune::family {

namespace {

int widest_columns_1d1d(const GemmConfig& c) {
  (void)c;
  return 256;
}

}  // namespace

const Family& dense_1d1d() {
  static const Gemm family(operation::kDense1d1d, {widest_columns_1d1d, 1, nullptr});
  return family;
}

}  // namespace gemmtune::family
