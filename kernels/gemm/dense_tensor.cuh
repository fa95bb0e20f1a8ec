// dense_tensor: D[M,N] = A[M,K] * B[N,K]^T in E4M3 with one scale an operand, D in BF16 or FP32, overwritten
// or added to. Hopper, sm_90a. What block scaling is compared with: the pipeline of dense_1d2d without
// promotion. The tensor core's accumulator, which keeps about 13 fraction bits of FP8 products, runs through
// all of K.
//
// Chosen by the tuner, given as macros (legality: src/family/dense_tensor.cpp): those of dense_1d2d.cuh.
// Given by the problem: OUT_FP32, ACCUMULATE (1: D += ...).
#pragma once

#if SWAP_AB
#define WGMMA_N BLOCK_M
#else
#define WGMMA_N BLOCK_N
#endif
#define OPERAND_BYTES 1
#define SCALED 0

#include "ptx/wgmma.cuh"
#include "schedule/tile_walk.cuh"

/// sum (+)= rows * columns^T over the 128 of K in a stage; `keep` 0 overwrites.
__device__ __forceinline__ void add_product(float (&sum)[WGMMA_N / 2], uint64 rows, uint64 columns,
                                            uint32 keep) {
  wgmma_e4m3(sum, rows, columns, keep);
}

#include "gemm/dense_unscaled.cuh"
#include "pipeline/load.cuh"
#include "pipeline/start.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"

struct Accumulate {
  float scale;  ///< of A times that of B

  template <typename Halfway>
  __device__ __forceinline__ void operator()(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                             const Ring ring, const RingCursor<STAGES>& at,
                                             uint32 warpgroup_row, uint32 k_group, uint32,
                                             const Halfway& halfway) {
    accumulate_tile(sum, task, ring, at, warpgroup_row, k_group, halfway);
#pragma unroll
    for (uint32 wave = 0; wave < kWaves; ++wave)
#pragma unroll
      for (uint32 i = 0; i < kColumns / 2; ++i) sum[wave][i] *= scale;
  }

  __device__ __forceinline__ void pass(const Task& task, const Ring ring, const RingCursor<STAGES>& at,
                                       uint32 k_group) {
    pass_tile(task, ring, at, k_group);
  }
};

/// As dense_1d2d but for the scales: `scale_a` and `scale_b` point to one number each, and what comes before
/// this grid in its stream must not make them. K is any multiple of 16.
extern "C" __global__ void __launch_bounds__(kThreads, 1)
    dense_tensor(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_a_tail,
                 const __grid_constant__ TensorMap map_b, const __grid_constant__ TensorMap map_d,
                 const float* scale_a, const float* scale_b, uint32 m, uint32 n, uint32 k, uint32 raster,
                 const TailBoxes tail, uint64 l2_hint_a, uint64 l2_hint_b, uint32 spin_limit,
                 uint32 weights_ahead) {
  extern __shared__ __align__(1024) uint8 shared_memory[];
  const Ring ring{shared_address(shared_memory)};
  // Broadcast, so that the compiler knows that a warp's role is uniform.
  const uint32 warp = __shfl_sync(0xffffffff, threadIdx.x / 32, 0);

  if (warp == kLoadWarp && threadIdx.x % 32 == 0) {
    grid_allow_dependent();
    tma_prefetch_map(map_a);
    tma_prefetch_map(map_b);
    tma_prefetch_map(map_d);
    make_barriers(ring);
  }
  __syncwarp();
  const bool waits = waits_at_start(warp);
  start_together(waits);

  const Task task = make_task(m, n, ceil_div(k, kBlockK), raster, spin_limit);
  if (warp >= kLoadWarp) {
    registers_release<kProducerRegisters>();
    if (warp == kLoadWarp && threadIdx.x % 32 == 0)
      load_tiles(task, ring, {map_a, map_a_tail, map_a, map_a, tail}, {map_b, map_b}, m, l2_hint_a, l2_hint_b,
                 weights_ahead);
    __syncwarp();
  } else {
    registers_acquire<kMathRegisters>();
    const float scale = load_global_readonly(scale_a) * load_global_readonly(scale_b);
    compute_tiles(task, ring, map_d, m, warp / 4, Accumulate{scale});
  }
  end_together(waits);
}
