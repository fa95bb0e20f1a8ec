// k_grouped_1d1d: D[g] = A[:,K_g] * B[:,K_g]^T or D[g] += ... for groups that share out K, each with a D of
// its own, E4M3, both scaled 1x128: the gradients of the weights of experts, whose tokens lie along K. D in
// FP32 or BF16. Hopper, sm_90a.
//
// The pipeline and the math are dense_1d1d's. What is new: a CTA finds out at its start which part of K each
// group has (schedule/k_group_table.cuh), walks the tiles of one D after the other, each with k-blocks of its
// own (schedule/k_grouped_walk.cuh), and D's tensor map has a third dimension: a box that hangs over one D
// must not reach into the next. A D whose group has no K is written as zeros, and not touched where it is
// added to. Nothing that the host says depends on the sizes of the groups: a graph that was captured once may
// be replayed with others.
//
// Legality: src/family/k_grouped_1d1d.cpp. Given by the problem: OUT_FP32, ACCUMULATE (1: D += ...).
#pragma once

#include "schedule/k_grouped_walk.cuh"

#if SWAP_AB
#define WGMMA_N BLOCK_M
#else
#define WGMMA_N BLOCK_N
#endif
#define OPERAND_BYTES 1
#define SCALED 1
#define SCALED_ROWS_B 1
#define GROUPED_K 1

#include "common/types.cuh"
#include "gemm/multiply_1d1d.cuh"
#include "pipeline/compute.cuh"
#include "pipeline/layout.cuh"
#include "pipeline/load.cuh"
#include "pipeline/start.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "schedule/k_group_table.cuh"

/// As dense_1d1d, where K is that of all groups, which A, B and their scales hold side by side. D's tensor
/// map is {N, M, groups}. `groups.layout` has the end of each group in K; it begins where the one before
/// ends, rounded up to `groups.step`, a multiple of 128. What lies between an end and the next multiple of
/// 128 is multiplied too: it must be zeros in A or B. Shared memory: 12 bytes a group more, and 4.
extern "C" __global__ void __launch_bounds__(kThreads, 1)
    k_grouped_1d1d(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_a_tail,
                   const __grid_constant__ TensorMap map_b, const __grid_constant__ TensorMap map_scales_a,
                   const __grid_constant__ TensorMap map_scales_a_tail,
                   const __grid_constant__ TensorMap map_scales_b, const __grid_constant__ TensorMap map_d,
                   uint32 m, uint32 n, uint32 k, uint32 raster, const GroupsOfLaunch groups,
                   const TailBoxes tail, uint64 l2_hint_a, uint64 l2_hint_b, uint32 spin_limit) {
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
  grid_wait();  // the grids before may make the layout
  const KGroupTable table{ring.base + kOffsetGroups, groups.groups};
  make_k_group_table<!ACCUMULATE>(table, groups, k, kBlockK);
  __syncthreads();
  const bool waits = waits_at_start(warp);
  start_together(waits);

  const auto make_walk = [&] {
    return Walk(table, ceil_div(m, BLOCK_M * CLUSTER_M), ceil_div(n, BLOCK_N * CLUSTER_N), raster,
                blockIdx.x / kClusterSize, gridDim.x / kClusterSize);
  };
  const Task task = make_task(make_walk, n, k / kBlockK, spin_limit, {});
  if (warp >= kLoadWarp) {
    registers_release<kProducerRegisters>();
    if (warp == kLoadWarp && threadIdx.x % 32 == 0)
      load_tiles(task, ring, {map_a, map_a_tail, map_scales_a, map_scales_a_tail, tail},
                 {map_b, map_scales_b}, m, l2_hint_a, l2_hint_b, /*weights_ahead=*/0);
    __syncwarp();
  } else {
    registers_acquire<kMathRegisters>();
    compute_tiles(task, ring, map_d, m, warp / 4, Accumulate{map_d});
  }
  end_together(waits);
}
