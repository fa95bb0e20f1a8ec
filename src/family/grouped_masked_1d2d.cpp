#include "family/gemm.h"
#include "family/kernels.h"
#include "family/scaled_1d2d.h"

namespace gemmtune::family {

const Family& grouped_masked_1d2d() {
  static const Gemm family(operation::kGroupedMasked1d2d, {widest_columns_1d2d, 1, scales_violation_1d2d});
  return family;
}

}  // namespace gemmtune::family
