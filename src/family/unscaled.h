// What kernels/gemm/dense_unscaled.cuh has in common for its kernels.
#pragma once

#include "family/gemm_config.h"

namespace gemmtune::family {

/// The most columns whose accumulators fit the register budget without a spill in every output mode, found by
/// compiling every width with NVRTC 13.0: see kernels/README.md, "Registers".
int widest_columns_unscaled(const GemmConfig& config);

}  // namespace gemmtune::family
