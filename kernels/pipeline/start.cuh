// What a CTA does before its roles begin: barriers are made, and its share of the work is found.
#pragma once

#include "epilogue/split.cuh"
#include "pipeline/layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"

enum : uint32 { kLoadWarp = kMathThreads / 32, kScaleWarp = kLoadWarp + 1 };

/// One thread, before start_together.
__device__ __forceinline__ void make_barriers(const Ring ring) {
  for (uint32 stage = 0; stage < STAGES; ++stage) {
    mbarrier_init(ring.full(stage), 1);
    mbarrier_init(ring.empty(stage), kMulticast * kRowWarpgroups * 4);
  }
  for (uint32 chunk = 0; SCALED && chunk < kScaleChunks; ++chunk) {
    mbarrier_init(ring.scales_full(chunk), 32);
    mbarrier_init(ring.scales_empty(chunk), kMathThreads / 32);
  }
  for (uint32 i = 0; kLoadsC && i < kTurns * kRowWarpgroups; ++i)
    mbarrier_init(ring.base + kOffsetLoadedC + i * 8, 1);
  for (uint32 i = 0; SPLIT_K > 1 && i < kRowWarpgroups; ++i) {
    mbarrier_init(ring.base + kOffsetGathered + i * 8, 1);
    mbarrier_init(ring.base + kOffsetTaken + i * 8, 1);
  }
  if constexpr (DEFECT == kTileNotAwaited)  // what is read too early has no rows
    for (uint32 stage = 0; TELLS_TILES && stage < STAGES; ++stage)
      store_shared_unit(ring.tile(stage), uint4{});
  fence_barrier_init();
}

/// Whether this warp waits for the others before it begins. The thread that loads has made the barriers
/// itself: it waits for others only where their barriers hear of its loads.
__device__ __forceinline__ bool waits_at_start(uint32 warp) {
  return kMulticast > 1 || warp != kLoadWarp;
}

/// All warps of the CTA, or of the cluster; those that do not wait go on at once.
__device__ __forceinline__ void start_together(bool waits) {
  if constexpr (kClusterSize == 1) {
    if (waits)
      named_barrier_sync(kBarrierStart, kThreads);
    else
      named_barrier_arrive(kBarrierStart, kThreads);
  } else {
    cluster_arrive();
    if (waits) cluster_wait();
  }
}

/// No barrier at the end: each CTA has waited for all that the others send to its shared memory. A warp that
/// did not wait at the start does so now.
__device__ __forceinline__ void end_together(bool waits) {
  if (kClusterSize > 1 && !waits) cluster_wait();
}

/// What a CTA does of the tiles that a walk visits.
template <typename MakeWalk>
__device__ __forceinline__ Task make_task(const MakeWalk& make_walk, uint32 n, uint32 k_blocks,
                                          uint32 spin_limit, const RowsOfD& rows_of_d) {
  const uint32 cta_rank = kClusterSize == 1 ? 0 : cluster_cta_rank();
  const Share k_share = share_of(k_blocks, SPLIT_K, SPLIT_K == 1 ? 0 : cta_rank);
  return {make_walk(), k_share.first, k_share.count, cta_rank, spin_limit, n, k_blocks, rows_of_d};
}

#if !GROUPED && !GROUPED_K
/// Of all of D.
__device__ __forceinline__ Task make_task(uint32 m, uint32 n, uint32 k_blocks, uint32 raster,
                                          uint32 spin_limit) {
  const auto make_walk = [&] {
    return TileWalk(ceil_div(m, BLOCK_M * CLUSTER_M), ceil_div(n, BLOCK_N * CLUSTER_N), raster,
                    blockIdx.x / kClusterSize, gridDim.x / kClusterSize);
  };
  return make_task(make_walk, n, k_blocks, spin_limit, {});
}
#endif
