// dense_1d1d: D[M,N] = A[M,K] * B[N,K]^T for E4M3, both with a scale for 128 of K in a row, D in FP32 or
// BF16, overwritten or added to: what gradients of weights are made of. Hopper, sm_90a.
//
// The pipeline of dense_1d2d (gemm/dense_1d2d.cuh has its roles and parameters). What differs: the scales of
// B's rows come with the stage, as A's do, and each element is promoted by a scale of its own
// (gemm/promote_1d1d.cuh).
//
// Legality: src/family/dense_1d1d.cpp. Given by the problem: OUT_FP32, ACCUMULATE (1: D += ...).
#pragma once

#include "schedule/tile_walk.cuh"

#if SWAP_AB
#define WGMMA_N BLOCK_M
#else
#define WGMMA_N BLOCK_N
#endif
#define OPERAND_BYTES 1
#define SCALED 1
#define SCALED_ROWS_B 1

#include "common/types.cuh"
#include "gemm/multiply_1d1d.cuh"
#include "pipeline/compute.cuh"
#include "pipeline/layout.cuh"
#include "pipeline/load.cuh"
#include "pipeline/start.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"

/// As dense_1d2d but for the scales of B: a tensor map {N, K / 128} FP32, box {BLOCK_N, 1} (N is a multiple
/// of 8, so its rows need no padding). With `weights_ahead` above 0 the grids before this one in its stream
/// must make neither B nor its scales.
extern "C" __global__ void __launch_bounds__(kThreads, 1)
    dense_1d1d(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_a_tail,
               const __grid_constant__ TensorMap map_b, const __grid_constant__ TensorMap map_scales_a,
               const __grid_constant__ TensorMap map_scales_a_tail,
               const __grid_constant__ TensorMap map_scales_b, const __grid_constant__ TensorMap map_d,
               uint32 m, uint32 n, uint32 k, uint32 raster, const TailBoxes tail, uint64 l2_hint_a,
               uint64 l2_hint_b, uint32 spin_limit, uint32 weights_ahead) {
  extern __shared__ __align__(1024) uint8 shared_memory[];
  const Ring ring{shared_address(shared_memory)};
  // Broadcast, so that the compiler knows that a warp's role is uniform.
  const uint32 warp = __shfl_sync(0xffffffff, threadIdx.x / 32, 0);

  if (warp == kLoadWarp && threadIdx.x % 32 == 0) {
    grid_allow_dependent();
    tma_prefetch_map(map_a);
    tma_prefetch_map(map_b);
    tma_prefetch_map(map_scales_a);
    tma_prefetch_map(map_scales_b);
    tma_prefetch_map(map_d);
    make_barriers(ring);
  }
  __syncwarp();
  const bool waits = waits_at_start(warp);
  start_together(waits);

  const Task task = make_task(m, n, k / kBlockK, raster, spin_limit);
  if (warp >= kLoadWarp) {
    registers_release<kProducerRegisters>();
    if (warp == kLoadWarp && threadIdx.x % 32 == 0)
      load_tiles(task, ring, {map_a, map_a_tail, map_scales_a, map_scales_a_tail, tail},
                 {map_b, map_scales_b}, m, l2_hint_a, l2_hint_b, weights_ahead);
    __syncwarp();
  } else {
    registers_acquire<kMathRegisters>();
    compute_tiles(task, ring, map_d, m, warp / 4, Accumulate{map_d});
  }
  end_together(waits);
}
