// Launches of our kernels on sets of operands (how: launch/gemm.h).
#pragma once

#include "core/config.h"
#include "worker/gemm/operands.h"

#include <functional>

namespace gemmtune::gemm {

/// Queues one launch on the set of that number, of the OperandSets that it was made from.
using GemmLaunch = std::function<void(cudaStream_t, int set)>;

/// What a launch does otherwise than others: by the first three GPU tests plant a defect from outside the
/// kernel.
struct LaunchTweaks {
  std::int64_t extra_rows = 0;     ///< rows that D's tensor map claims beyond M: a write past the tail
  std::int64_t extra_columns = 0;  ///< columns that it claims beyond N: a write into the gap between rows
  std::uint32_t missing_rows = 0;  ///< of A, in eights, that the last tile does not load
  /// It may begin before the kernel before it in its stream has ended, which must not make B or its scales:
  /// it asks for these meanwhile.
  bool overlaps = false;
};

/// The kernel and what the sets point to must outlive the launch.
GemmLaunch gemm_launch(CUkernel kernel, const Config& config, const OperandSets& sets,
                       const LaunchTweaks& tweaks = {});

}  // namespace gemmtune::gemm
