// The operands of one problem on the device, with the outputs and the truth.
#pragma once

#include "core/problem.h"
#include "operation/operation.h"
#include "worker/gemm/grouped.h"
#include "worker/gemm/support_kernels.h"
#include "worker/gpu/resources.h"

#include <cstdint>
#include <vector>

namespace gemmtune::gemm {

/// D with a guard band on either side. All of it is filled with ones (NaN in BF16 and FP32) before a launch,
/// so that what was not written and what was written outside shows.
class GuardedOutput {
 public:
  GuardedOutput() = default;
  explicit GuardedOutput(std::int64_t bytes);

  void* d() const { return buffer_.as<std::uint8_t>() + kGuardBytes; }
  void poison(cudaStream_t stream) const;
  /// Adds to *count the 16-byte units of the guards that are no longer poison.
  void count_guard_writes(const SupportKernels& kernels, std::uint32_t* count, cudaStream_t stream) const;

 private:
  static constexpr std::int64_t kGuardBytes = 1 << 20;
  std::int64_t d_bytes_ = 0;  ///< rounded up to 16: the last unit's tail belongs to the guard
  gpu::DeviceBuffer buffer_;
};

/// Where one launch finds its operands and puts its output.
struct OperandSet {
  FactorPlace a, b;
  void* d = nullptr;
  const std::int32_t* layout = nullptr;  ///< of groups; null where there are none
};

/// What launches of one problem choose from.
struct OperandSets {
  Problem problem;
  std::vector<OperandSet> sets;
};

/// A or B as its description says. Rows lie as the problem's pitches say; between them are ones, which are
/// NaN in every format here.
struct FactorBuffers {
  gpu::DeviceBuffer values;
  gpu::DeviceBuffer scales;  ///< laid out as operation::scale_count says; empty where there are none

  FactorPlace place() const { return {values.data(), scales.as<float>()}; }
  std::int64_t bytes() const { return static_cast<std::int64_t>(values.bytes() + scales.bytes()); }
};

struct Operands {
  Problem problem;
  FactorBuffers a, b;       ///< of groups one behind the other, where each has its own
  GroupLayouts layouts;     ///< of all draws; outputs are judged on the first
  gpu::DeviceBuffer c;      ///< [m][n] like D; empty unless the problem accumulates
  GuardedOutput output[2];  ///< two, to see whether a second launch gives the same bits
  /// [m][n] FP64, without gaps, of each D; C included. Rows of no group are not set.
  gpu::DeviceBuffer reference;
  gpu::DeviceBuffer magnitude;  ///< [m][n] FP32: sum of |a*b|, and |c|
  gpu::DeviceBuffer counters;   ///< verify()'s: judgements(), guard writes, unequal repeats

  double making_s = 0;  ///< how long the GPU worked on them

  std::int64_t device_bytes() const;
  /// Of D with the gaps between its rows.
  std::int64_t d_bytes() const { return rows_of_d(problem) * problem.d_stride() * problem.out_bytes(); }
  /// Makes an output ready for a launch that is to be judged: poison, and C where D is added to.
  void reset(const GuardedOutput& out, cudaStream_t stream) const;
  /// Adds to *count the 16-byte units of poison around an output's rows, and in those of no group, that were
  /// overwritten.
  void count_writes_outside(const GuardedOutput& out, const SupportKernels& kernels, std::uint32_t* count,
                            cudaStream_t stream) const;
  /// How many there are: groups that share out K, whose products have a K each, are judged each by its own.
  std::int64_t judgements() const { return shares_out_inner(problem) ? problem.groups : 1; }
  /// Adds the output's rows to the judgements.
  void judge(Judgement* judgements, const GuardedOutput& out, const SupportKernels& kernels,
             cudaStream_t stream) const;
  /// Two that differ in the output.
  OperandSets sets() const;
};

/// Makes and quantises the operands (kernels/support/operands.cuh) and computes the reference. Throws
/// GpuError, out of memory among others.
Operands make_operands(const Problem& problem, std::uint64_t seed, const SupportKernels& kernels,
                       const gpu::Stream& stream);

}  // namespace gemmtune::gemm
