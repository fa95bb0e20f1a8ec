// The gates: is this output right? Limits and their calibration: README.md, "What correct means".
#pragma once

#include "core/messages.h"
#include "worker/gemm/dense_1d2d.h"

namespace gemmtune::gemm {

/// What was counted on the device while judging.
struct Evidence {
  Judgement judgement;
  std::uint32_t guard_writes = 0;    ///< 16-byte units outside D that were written
  std::uint32_t unequal_repeat = 0;  ///< 16-byte units in which a second launch differs
};

/// Pure: the figures and, if a gate fell, which. The gates depend on the data: zero-mean data are held to
/// `error_rms`, integers to every bit, the adversary to the sum of magnitudes alone.
Verdict judge(const Problem& problem, const Evidence& evidence);

/// Limit of RMS(max(0, |D - ref| - ulp/2)) / RMS(ref) for BF16 output: right kernels 2.0e-5 to 2.7e-5
/// whatever K, promotion every 256 of K from 4.3e-5 (H100).
inline constexpr double kErrorRmsLimitBf16 = 3.8e-5;

/// Limit of RMS(D - ref) / RMS(ref) for FP32 output: right kernels 1.27e-4 to 1.28e-4 whatever K (H100: the
/// tensor core keeps 13 fraction bits), promotion every 256 of K from 1.96e-4 (simulated).
inline constexpr double kErrorRmsLimitFp32 = 1.6e-4;

double error_rms_limit(OutputType out);

/// Limit of max(max(0, |D - ref| - ulp/2) / sum|a*b|), without the ulp in FP32: the tensor core keeps 13
/// fraction bits of a k32 step, and errors of K/32 steps average out (right kernels on an H100: 3.2e-4 at K
/// 128, 8.7e-6 at K 16384).
double error_max_limit(std::int64_t k);

/// The same for adversarial data, whose errors do not average out.
inline constexpr double kErrorMaxLimitAdversarial = 2e-3;

/// Launches twice, once on each of operands.sets() with its output reset, and judges. Throws GpuError or
/// DriverError when the kernel fails.
Verdict verify(const GemmLaunch& launch, const Operands& operands, const SupportKernels& kernels,
               const gpu::Stream& stream);

}  // namespace gemmtune::gemm
