// How fast the tensor cores multiply what lies in shared memory: no global traffic but the operands once at
// the start. Each of WARPGROUPS warpgroups multiplies its 64 rows of A with WGMMA_N rows of B, k-block after
// k-block of 128 bytes, going round STAGES tiles.
//
// Macros: WGMMA_N, WARPGROUPS, STAGES, and FORM, a word of TensorForm.
#pragma once

#include "common/defect.cuh"
#include "common/types.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "ptx/wgmma.cuh"
#include "ptx/wgmma_bf16.cuh"

/// In the order of TensorForm of src/worker/ceilings/kernels.h.
enum TensorForm : int {
  kFp8 = 0,          ///< E4M3, the tensor core's own accumulator through all of K
  kFp8Promoted = 1,  ///< E4M3, each 128 of K added to FP32 registers, times a scale
  kBf16Form = 2,     ///< BF16, 64 of K in a k-block
};

enum : uint32 {
  kTensorThreads = WARPGROUPS * 128,
  kRowBytes = 128,  ///< of a k-block
  kTileA = WARPGROUPS * 64 * kRowBytes,
  kStageBytes = kTileA + WGMMA_N * kRowBytes,
  kFirstTurn = 1,  ///< named barrier of warpgroup 0's turn; the next ones follow
};

static_assert(WARPGROUPS >= 1 && WARPGROUPS <= 3, "three warpgroups have 168 registers a thread, four 128");
static_assert(STAGES * kStageBytes <= 232448 - 1024, "the tiles must fit the shared memory of a CTA");
static_assert(FORM != kFp8Promoted || WGMMA_N <= 224, "product and sum must fit the registers of a thread");

/// Issues one k-block. The operands are random, so the swizzle changes nothing but which random number meets
/// which.
__device__ __forceinline__ void issue_k_block(float (&d)[WGMMA_N / 2], uint32 tile_a, uint32 tile_b,
                                              bool keep) {
  wgmma_fence();
  const uint64 a = wgmma_descriptor(wgmma_descriptor_low(tile_a)),
               b = wgmma_descriptor(wgmma_descriptor_low(tile_b));
  if constexpr (FORM == kBf16Form) {
#pragma unroll
    for (uint32 i = 0; i < kRowBytes / 16; i += 2) wgmma_bf16(d, a + i, b + i, keep || i != 0);
  } else {
    wgmma_e4m3(d, a, b, keep);
  }
  wgmma_commit();
}

__device__ __forceinline__ void pin_all(float (&d)[WGMMA_N / 2]) {
#pragma unroll
  for (uint32 i = 0; i < WGMMA_N / 2; ++i) wgmma_pin(d[i]);
}

/// One accumulator through all k-blocks; two of them in flight.
__device__ __forceinline__ float multiply(uint32 tiles, uint32 warpgroup, uint32 k_blocks) {
  float d[WGMMA_N / 2];
#pragma unroll
  for (uint32 i = 0; i < WGMMA_N / 2; ++i) d[i] = 0;
  pin_all(d);
  uint32 stage = 0;
  for (uint32 k_block = 0; k_block < k_blocks; ++k_block) {
    const uint32 tile = tiles + stage * kStageBytes;
    issue_k_block(d, tile + warpgroup * 64 * kRowBytes, tile + kTileA, true);
    wgmma_wait<1>();
    if (++stage == STAGES) stage = 0;
  }
  wgmma_wait<0>();
  pin_all(d);
  float sum = 0;
#pragma unroll
  for (uint32 i = 0; i < WGMMA_N / 2; ++i) sum += d[i];
  return sum;
}

/// Each k-block from zero, then added to a sum in registers, times `scale`. Two warpgroups take turns at the
/// tensor cores: left alone they fall into step and promote at the same time (measured on an H100, 128x128:
/// 1283 TFLOP/s in step, 1573 in turns). Of three one multiplies while another promotes.
__device__ __forceinline__ float multiply_promoted(uint32 tiles, uint32 warpgroup, uint32 k_blocks,
                                                   float scale) {
  float product[WGMMA_N / 2], sum[WGMMA_N / 2];
#pragma unroll
  for (uint32 i = 0; i < WGMMA_N / 2; ++i) product[i] = 0, sum[i] = 0;
  const uint32 other = 1 - warpgroup;
  if (WARPGROUPS == 2 && warpgroup == 1 && k_blocks > 0) named_barrier_arrive(kFirstTurn, kTensorThreads);
  uint32 stage = 0;
  for (uint32 k_block = 0; k_block < k_blocks; ++k_block) {
    const uint32 tile = tiles + stage * kStageBytes;
    if (WARPGROUPS == 2) named_barrier_sync(kFirstTurn + warpgroup, kTensorThreads);
    pin_all(product);
    issue_k_block(product, tile + warpgroup * 64 * kRowBytes, tile + kTileA, false);
    pin_all(product);
    // Every turn that is handed over is taken: the last one of warpgroup 1 is not.
    if (WARPGROUPS == 2 && (warpgroup == 0 || k_block + 1 < k_blocks))
      named_barrier_arrive(kFirstTurn + other, kTensorThreads);
    wgmma_wait<0>();
#pragma unroll
    for (uint32 i = 0; i < WGMMA_N / 2; ++i) sum[i] += scale * product[i];
    if (++stage == STAGES) stage = 0;
  }
  float total = 0;
#pragma unroll
  for (uint32 i = 0; i < WGMMA_N / 2; ++i) total += sum[i];
  return total;
}

/// `operands`: STAGES * kStageBytes bytes, the same for every CTA. Each thread leaves the sum of its results
/// in `results`: with operands of 1 and a scale of 1, k_blocks * (elements of K in a k-block) * WGMMA_N / 2.
/// One CTA an SM.
extern "C" __global__ void __launch_bounds__(kTensorThreads, 1)
    multiply_tiles(float* results, const uint4* operands, uint32 k_blocks, float scale) {
  extern __shared__ __align__(1024) uint8 shared_memory[];
  uint4* const tiles = reinterpret_cast<uint4*>(shared_memory);
#pragma unroll 8  // in flight: one load after the other would take 10 us
  for (uint32 i = threadIdx.x; i < STAGES * kStageBytes / 16; i += kTensorThreads) tiles[i] = operands[i];
  fence_async_shared();
  __syncthreads();
  const uint32 warpgroup = __shfl_sync(0xffffffff, threadIdx.x / 128, 0);
  const uint32 base = shared_address(shared_memory);
  if constexpr (DEFECT == kHalfMultiplied) k_blocks /= 2;
  float sum;
  if constexpr (FORM == kFp8Promoted)
    sum = multiply_promoted(base, warpgroup, k_blocks, scale);
  else
    sum = multiply(base, warpgroup, k_blocks);
  results[blockIdx.x * kTensorThreads + threadIdx.x] = sum;
}
