// dense_1d2d: D[M,N] = A[M,K] * B[N,K]^T for E4M3 with block scales, D in BF16 or FP32, overwritten or added
// to. Hopper, sm_90a.
//
// Persistent and warp-specialised: one warp issues TMA loads, one brings B's scales, one to four warpgroups
// compute. The tensor core's accumulator keeps about 13 fraction bits, so each 128 of K (one k-block, the
// reach of a scale) is added to an FP32 sum in registers, times its scales: the promotion.
//
// Chosen by the tuner, given as macros (legality: src/family/dense_1d2d.cpp):
//   BLOCK_M, BLOCK_N     tile of D a CTA computes at a time
//   CLUSTER_M, CLUSTER_N 2: two CTAs with neighbouring M (N) tiles share the tile of B (A) by multicast
//   SWAP_AB              1: wgmma computes the tile of D transposed, weights as its 64 rows and tokens as its
//                        columns, of which there may be few
//   K_GROUPS             groups of warpgroups that share a tile's k-blocks and add their sums at its end
//   SPLIT_K              CTAs that share a tile's k-blocks and add their sums over the cluster
//   STAGES               depth of the shared-memory ring
// Given by the problem: OUT_FP32, ACCUMULATE (1: D += ...).
#pragma once

#include "schedule/tile_walk.cuh"

#if SWAP_AB
#define WGMMA_N BLOCK_M
#else
#define WGMMA_N BLOCK_N
#endif
#define OPERAND_BYTES 1
#define SCALED 1

#include "common/types.cuh"
#include "gemm/multiply_1d2d.cuh"
#include "gemm/scales_1d2d.cuh"
#include "pipeline/compute.cuh"
#include "pipeline/layout.cuh"
#include "pipeline/load.cuh"
#include "pipeline/start.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"

/// Grid: any multiple of the cluster size, with the cluster given as a launch attribute; kThreads threads.
/// Tensor maps, {inner, outer} in elements: A {K, M} box {128, BLOCK_M / CLUSTER_N}, and with box {128,
/// tail.rows_a} for the tile in which M ends; B {K, N} box {128, BLOCK_N / CLUSTER_M}; these E4M3 with
/// 128-byte swizzle; scales of A {roundup(M, 4), K / 128} FP32 box {BLOCK_M, 1}, and {tail.scales_a, 1}; D
/// {N, M}, box {store_columns, 64}, of swapped tiles {64, BLOCK_M}, in BF16 with the swizzle as long as the
/// box's rows, in FP32 with that of 128 bytes or none. Rows of A, B and D may lie further apart than they are
/// long. `scales_b` is [ceil(N/128)][K/128]. `raster`: TileWalk. `l2_hint_*`: cache-policy words.
/// `spin_limit`: mbarrier_wait. `weights_ahead`: at most STAGES. A grid that was launched as a programmatic
/// dependent reads B's scales at once: what comes before it in its stream must make neither them nor, unless
/// this is 0, B.
extern "C" __global__ void __launch_bounds__(kThreads, 1)
    dense_1d2d(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_a_tail,
               const __grid_constant__ TensorMap map_b, const __grid_constant__ TensorMap map_scales_a,
               const __grid_constant__ TensorMap map_scales_a_tail, const __grid_constant__ TensorMap map_d,
               const float* scales_b, uint32 m, uint32 n, uint32 k, uint32 raster, const TailBoxes tail,
               uint64 l2_hint_a, uint64 l2_hint_b, uint32 spin_limit, uint32 weights_ahead) {
  extern __shared__ __align__(1024) uint8 shared_memory[];
  const Ring ring{shared_address(shared_memory)};
  // Broadcast, so that the compiler knows that a warp's role is uniform.
  const uint32 warp = __shfl_sync(0xffffffff, threadIdx.x / 32, 0);

  if (warp == kLoadWarp && threadIdx.x % 32 == 0) {
    grid_allow_dependent();
    tma_prefetch_map(map_a);
    tma_prefetch_map(map_b);
    tma_prefetch_map(map_scales_a);
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
      load_tiles(task, ring, {map_a, map_a_tail, map_scales_a, map_scales_a_tail, tail}, {map_b, map_b}, m,
                 l2_hint_a, l2_hint_b, weights_ahead);
    if (warp == kScaleWarp) load_scales_b(task, ring, scales_b, n, k);
    __syncwarp();
  } else {
    registers_acquire<kMathRegisters>();
    compute_tiles(task, ring, map_d, m, warp / 4, Accumulate{});
  }
  end_together(waits);
}
