// Grouped GEMMs: D[r,:] = A[r,:] * B[g]^T for the rows r of each group g, in E4M3 with block scales, D in
// BF16. Rows that belong to no group are neither multiplied nor written. Hopper, sm_90a.
//
// The main loop, the loads and the stores are dense_1d2d's. What is new: a CTA finds out at its start where
// each group's rows lie (schedule/group_table.cuh), walks tiles of one group each
// (schedule/grouped_walk.cuh), and stores a box in which a group ends row by row (epilogue/store_rows.cuh).
// Nothing that the host says depends on the sizes of the groups: a graph that was captured once may be
// replayed with others.
//
// Parameters as of dense_1d2d. Given by the kernel that includes this: GROUPED_ENTRY, its name; GROUP_LAYOUT,
// a GroupLayout.
#pragma once

#include "schedule/grouped_walk.cuh"

#define GROUPED 1
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
#include "pipeline/load_groups.cuh"
#include "pipeline/start.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "schedule/group_table.cuh"

static_assert(GROUP_LAYOUT >= kIndices && GROUP_LAYOUT <= kCounts, "one of GroupLayout");

/// Grid, threads and tensor maps of B, A's scales and D as of dense_1d2d; the map of A has boxes of kPartRows
/// rows (pipeline/load_groups.cuh). A and D have `m` rows in all, B the `n` of each group behind each other,
/// of which the last tile may read the next group's. Of groups that are counted A's scales are
/// [groups][K/128][room rounded up to 4], and their map has all of these rows. Shared memory: 12 bytes a
/// group more, and 4. `scales_b` is [groups][ceil(N/128)][K/128]. `d`, and `d_row_bytes` from one of its rows
/// to the next, which are multiples of 16: what `map_d` describes.
extern "C" __global__ void __launch_bounds__(kThreads, 1)
    GROUPED_ENTRY(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_b,
                  const __grid_constant__ TensorMap map_scales_a, const __grid_constant__ TensorMap map_d,
                  const float* scales_b, uint32 m, uint32 n, uint32 k, uint32 raster,
                  const GroupsOfLaunch groups, uint8* d, uint64 d_row_bytes, uint64 l2_hint_a,
                  uint64 l2_hint_b, uint32 spin_limit) {
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
  grid_wait();  // the grids before may make the layout
  const GroupTable table{ring.base + kOffsetGroups, groups.groups};
  make_group_table<GROUP_LAYOUT, kThreads>(table, groups, m, BLOCK_M * CLUSTER_M);
  __syncthreads();
  const bool waits = waits_at_start(warp);
  start_together(waits);

  const auto make_walk = [&] {
    return Walk(table, ceil_div(n, BLOCK_N * CLUSTER_N), raster, blockIdx.x / kClusterSize,
                gridDim.x / kClusterSize);
  };
  const Task task = make_task(make_walk, n, k / kBlockK, spin_limit, {d, d_row_bytes});
  if (warp >= kLoadWarp) {
    registers_release<kProducerRegisters>();
    if (warp == kLoadWarp && threadIdx.x % 32 == 0)
      load_group_tiles(task, ring, {map_a, map_scales_a}, map_b, m, l2_hint_a, l2_hint_b);
    if (warp == kScaleWarp) load_scales_b(task, ring, scales_b, n, k);
    __syncwarp();
  } else {
    registers_acquire<kMathRegisters>();
    compute_tiles(task, ring, map_d, m, warp / 4, Accumulate{});
  }
  end_together(waits);
}
