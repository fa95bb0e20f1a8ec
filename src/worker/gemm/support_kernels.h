// The kernels of kernels/support with C++ signatures: operands, reference, judgement, the held stream, the
// clock probe.
#pragma once

#include "core/problem.h"
#include "launch/kernel.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <string>

namespace gemmtune::gemm {

/// Judgement of kernels/support/judge.cuh; the two must agree byte for byte.
struct Judgement {
  double excess_squared = 0;
  double reference_squared = 0;
  std::uint32_t largest_excess_bits = 0;
  std::uint32_t unequal = 0;
  std::uint32_t not_numbers = 0;
  std::uint32_t first_bad_row = 0;
  std::uint32_t first_bad_column = 0;
  std::uint32_t padding = 0;
};
static_assert(sizeof(Judgement) == 40, "as in kernels/support/judge.cuh");

/// All launches are asynchronous on the stream given.
class SupportKernels {
 public:
  /// `cubin` is that of kernels/support/support.cuh.
  explicit SupportKernels(const std::string& cubin);

  /// A: `values` [m][k], `scales` [k/128][padded_m]. Rows of A, B, C and D lie as the problem's pitches say.
  void make_rows(std::uint8_t* values, float* scales, std::int64_t padded_m, const Problem& problem,
                 std::uint64_t seed, cudaStream_t stream) const;
  /// B: `values` [n][k], `scales` [ceil(n/128)][k/128].
  void make_blocks(std::uint8_t* values, float* scales, const Problem& problem, std::uint64_t seed,
                   cudaStream_t stream) const;
  /// C: `c` [m][n] of D's type; adds it to the reference and its magnitude.
  void make_c(void* c, double* reference, float* magnitude, const Problem& problem, std::uint64_t seed,
              cudaStream_t stream) const;
  /// Scaled values in BF16, `pitch` from row to row like those; the scale of (row, k-block) is scales[row /
  /// scale_rows * row_stride + k_block * k_stride].
  void to_bf16(std::uint16_t* out, const std::uint8_t* values, const float* scales, std::int64_t rows,
               std::int64_t k, std::int64_t pitch, std::int64_t scale_rows, std::int64_t row_stride,
               std::int64_t k_stride, cudaStream_t stream) const;
  void reference(double* reference, float* magnitude, const std::uint8_t* a, const std::uint8_t* b,
                 const float* scales_a, const float* scales_b, std::int64_t padded_m, const Problem& problem,
                 cudaStream_t stream) const;
  void judge(Judgement* judgement, const void* d, const double* reference, const float* magnitude,
             const Problem& problem, cudaStream_t stream) const;
  /// Adds to *count the 16-byte units of x that differ from y, or from all-ones where y is null.
  void count_unequal(std::uint32_t* count, const void* x, const void* y, std::int64_t bytes,
                     cudaStream_t stream) const;
  /// Adds to *count the 16-byte units between the rows of D that are no longer ones.
  void count_gap_writes(std::uint32_t* count, const void* d, const Problem& problem,
                        cudaStream_t stream) const;
  void hold_stream(std::uint32_t* flag, cudaStream_t stream) const;
  /// Writes two 64-bit words an SM: its cycle counter and the global timer in nanoseconds.
  void stamp_clocks(void* stamps, std::uint32_t sms, cudaStream_t stream) const;

 private:
  launch::Module module_;
  CUkernel make_rows_, make_blocks_, make_c_bf16_, make_c_fp32_, to_bf16_, reference_, judge_bf16_,
      judge_fp32_, count_unequal_, count_gap_writes_, hold_stream_, stamp_clocks_;
};

}  // namespace gemmtune::gemm
