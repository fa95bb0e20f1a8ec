// The gates: is this output right? Limits and their calibration: README.md, "What correct means".
#pragma once

#include "core/messages.h"
#include "worker/gemm/launch.h"

#include <span>

namespace gemmtune::gemm {

/// What was counted on the device while judging.
struct Evidence {
  Judgement judgement;
  std::uint32_t guard_writes = 0;    ///< 16-byte units outside D that were written
  std::uint32_t unequal_repeat = 0;  ///< 16-byte units in which a second launch differs
};

/// Pure: the figures and, if a gate fell, which. `error_rms` is RMS(max(0, |D - ref| - ulp/2)) / RMS(ref),
/// `error_max` the largest max(0, |D - ref| - ulp/2) / sum|a*b|, both without the ulp in FP32. Limits are the
/// operation's and depend on the data: zero-mean data are held to both, those that it says are exact to every
/// bit, the adversary to the sum of magnitudes alone.
Verdict judge(const Problem& problem, const Evidence& evidence);

/// Of groups that share out K, a judgement each: by the limits at its own K. The first that falls is named;
/// the figures are the worst of all. `evidence.judgement` is not read.
Verdict judge_groups(const Problem& problem, std::span<const Judgement> judgements, const Evidence& evidence);

/// Launches twice, once on each of operands.sets() with its output reset, and judges. Throws GpuError or
/// DriverError when the kernel fails.
Verdict verify(const GemmLaunch& launch, const Operands& operands, const SupportKernels& kernels,
               const gpu::Stream& stream);

}  // namespace gemmtune::gemm
