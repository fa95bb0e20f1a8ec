// What kernels/gemm/multiply_1d2d.cuh adds to the pipeline: two sets of accumulators, one that sums and one
// that wgmma writes, and the scales of a tile's columns.
#pragma once

#include "family/gemm_config.h"
#include "family/violation.h"

#include <optional>

namespace gemmtune::family {

/// The most columns whose accumulators fit the register budget without a spill, found by compiling every
/// width with NVRTC 13.0: see kernels/README.md, "Registers".
int widest_columns_1d2d(const GemmConfig& config);

/// Of a tile that breaks nothing else.
std::optional<Violation> scales_violation_1d2d(const GemmConfig& config);

}  // namespace gemmtune::family
