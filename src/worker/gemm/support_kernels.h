// The kernels of kernels/support with C++ signatures: operands, reference, judgement, the held stream, the
// clock probe.
#pragma once

#include "core/problem.h"
#include "launch/kernel.h"
#include "operation/operation.h"

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

/// A factor of a product and how it lies: A is matrix 0, B 1. Of groups the B of one, and its A where each
/// has one.
struct FactorShape {
  operation::Factor factor;
  std::uint32_t matrix = 0;
  std::int64_t rows = 0;
  std::int64_t k = 0;
  std::int64_t pitch = 0;        ///< elements from one row to the next
  std::int64_t rows_beside = 0;  ///< of the same matrix, that are not meant

  /// Of scales by row, so that TMA's rows are multiples of 16 bytes.
  std::int64_t padded_rows() const { return (rows + rows_beside + 3) / 4 * 4; }
};
FactorShape shape_of_a(const Problem& problem);
FactorShape shape_of_b(const Problem& problem);

/// Where a factor is; no scales where it has none.
struct FactorPlace {
  void* values = nullptr;
  float* scales = nullptr;
};

/// All launches are asynchronous on the stream given.
class SupportKernels {
 public:
  /// `cubin` is that of kernels/support/support.cuh.
  explicit SupportKernels(const std::string& cubin);

  /// Values of the problem's data, quantised as the factor says.
  void make_factor(const FactorShape& shape, const FactorPlace& place, const Problem& problem,
                   std::uint64_t seed, cudaStream_t stream) const;
  /// C: `c` [m][n] of D's type; adds it to the reference and its magnitude.
  void make_c(void* c, double* reference, float* magnitude, const Problem& problem, std::uint64_t seed,
              cudaStream_t stream) const;
  /// The factor's scaled values in BF16, `pitch` from row to row like those. It is not BF16 itself.
  void to_bf16(std::uint16_t* out, const FactorShape& shape, const FactorPlace& place,
               cudaStream_t stream) const;
  /// Of rows of A that lie within more of them, `a` says how many scales by row there are.
  void reference(double* reference, float* magnitude, const FactorShape& a, const FactorPlace& place_a,
                 const FactorShape& b, const FactorPlace& place_b, cudaStream_t stream) const;
  /// Of the `rows` rows of D that the reference knows; `d` and the others begin with the first.
  void judge(Judgement* judgement, const void* d, const double* reference, const float* magnitude,
             std::int64_t rows, const Problem& problem, cudaStream_t stream) const;
  /// Adds to *count the 16-byte units of x that differ from y, or from all-ones where y is null.
  void count_unequal(std::uint32_t* count, const void* x, const void* y, std::int64_t bytes,
                     cudaStream_t stream) const;
  /// Adds to *count the 16-byte units between the rows of D that are no longer ones.
  void count_gap_writes(std::uint32_t* count, const void* d, std::int64_t rows, const Problem& problem,
                        cudaStream_t stream) const;
  void hold_stream(std::uint32_t* flag, cudaStream_t stream) const;
  /// Writes two 64-bit words an SM: its cycle counter and the global timer in nanoseconds.
  void stamp_clocks(void* stamps, std::uint32_t sms, cudaStream_t stream) const;

 private:
  launch::Module module_;
  CUkernel find_amax_, finish_tensor_scale_, make_c_bf16_, make_c_fp32_, judge_bf16_, judge_fp32_,
      count_unequal_, count_gap_writes_, hold_stream_, stamp_clocks_;
};

}  // namespace gemmtune::gemm
