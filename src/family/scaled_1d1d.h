// What kernels/gemm/multiply_1d1d.cuh asks of a configuration, of one product or of groups.
#pragma once

#include "family/gemm_config.h"

namespace gemmtune::family {

int widest_columns_1d1d(const GemmConfig& config);

}  // namespace gemmtune::family
