// What kernels/gemm/dense_tensor.cuh adds to the pipeline: one set of accumulators, which wgmma itself adds
// to.
#include "family/gemm.h"
#include "family/kernels.h"
#include "family/unscaled.h"

namespace gemmtune::family {

const Family& dense_tensor() {
  static const Gemm family(operation::kDenseTensor, {widest_columns_unscaled, 2, nullptr, true});
  return family;
}

}  // namespace gemmtune::family
