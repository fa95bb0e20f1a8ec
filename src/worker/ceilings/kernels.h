// The kernels of kernels/ceilings with C++ signatures. All launches are asynchronous on the stream given.
#pragma once

#include "cache/cubin_cache.h"
#include "launch/kernel.h"
#include "worker/jit/jit.h"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace gemmtune::ceilings {

/// OperandKind of kernels/ceilings/operands.cuh, in its order.
enum class OperandKind : int { e4m3, bf16, fp32, bits };

/// How read_stream goes through a buffer.
struct ReadPlan {
  std::uint32_t chunk_bytes = 8192;  ///< of one bulk copy; a divisor of the buffer
  std::uint32_t stages = 24;         ///< chunks in flight a CTA; at most 32
  std::uint32_t passes = 1;          ///< through the whole buffer
  std::uint32_t sharers = 1;         ///< CTAs that read the same bytes at about the same time
  bool evict_first = true;           ///< what the L2 does with it
};

/// Everything but the tensor cores.
class PlainKernels {
 public:
  static constexpr std::int64_t kTileBytes = 4 * 512 * 16;  ///< write and copy whole tiles
  static constexpr unsigned kFmaThreads = 512;
  static constexpr double kFmasOfThreadStep = 16 * 16;

  /// `defect` of kernels/common/defect.cuh, for tests. Throws InternalError when they do not compile.
  PlainKernels(cache::CubinCache& cache, unsigned sms, int defect = 0);

  /// `sum` null: reads only. Else *sum grows by all 32-bit words read, by each of the sharers.
  void read(const void* source, std::int64_t bytes, const ReadPlan& plan, std::uint64_t* sum,
            cudaStream_t stream) const;
  /// `ctas` 0: one a tile.
  void write(void* to, std::int64_t bytes, unsigned ctas, cudaStream_t stream) const;
  void copy(void* to, const void* from, std::int64_t bytes, unsigned ctas, cudaStream_t stream) const;
  /// Adds to *sum the 32-bit words of a buffer, and those that write() writes.
  void sum_words(std::uint64_t* sum, const void* from, std::int64_t bytes, cudaStream_t stream) const;
  void sum_pattern(std::uint64_t* sum, std::int64_t bytes, cudaStream_t stream) const;
  /// Random operands, or ones.
  void fill(void* words, std::int64_t bytes, OperandKind kind, bool ones, cudaStream_t stream) const;
  /// On all SMs: `ctas` of kFmaThreads, each thread with one operand and one result.
  void fma(float* results, const float* operands, unsigned ctas, std::uint32_t steps, float a,
           cudaStream_t stream) const;
  void empty(cudaStream_t stream) const;

 private:
  unsigned sms_;
  launch::Module module_;
  CUkernel read_, write_, copy_, sum_words_, sum_pattern_, fill_, fma_, empty_;
};

/// TensorForm of kernels/ceilings/tensor.cuh, in its order.
enum class TensorForm : int { fp8, fp8_promoted, bf16 };

struct TensorTile {
  TensorForm form = TensorForm::fp8;
  int columns = 128;  ///< of the instruction
  int warpgroups = 2;
  int stages = 6;

  std::int64_t operand_bytes() const { return stages * (warpgroups * 64 + columns) * std::int64_t{128}; }
  /// Of one k-block (128 bytes of K) in one CTA.
  double flops() const { return 2.0 * warpgroups * 64 * columns * k_elements(); }
  double k_elements() const { return form == TensorForm::bf16 ? 64 : 128; }
  unsigned threads() const { return static_cast<unsigned>(warpgroups) * 128; }
};

/// The job of one, for the compiler.
jit::Job job_of(const TensorTile& tile, int defect = 0);

/// multiply_tiles for one tile, one CTA an SM.
class TensorKernel {
 public:
  TensorKernel(const TensorTile& tile, cache::CubinCache& cache, unsigned sms, int defect = 0);

  /// `results`: a float a thread of every CTA.
  void multiply(float* results, const void* operands, std::uint32_t k_blocks, float scale,
                cudaStream_t stream) const;
  const TensorTile& tile() const { return tile_; }

 private:
  TensorTile tile_;
  unsigned sms_;
  launch::Module module_;
  CUkernel kernel_;
};

}  // namespace gemmtune::ceilings
