// What kernels/gemm/dense_bf16.cuh adds to the pipeline: one set of accumulators, which wgmma itself adds to.
#include "family/gemm.h"
#include "family/kernels.h"
#include "family/unscaled.h"

namespace gemmtune::family {

const Family& dense_bf16() {
  static const Gemm family(operation::kDenseBf16, {widest_columns_unscaled, 2, nullptr, true});
  return family;
}

}  // namespace gemmtune::family
