// What brings dense_1d2d its operands: the thread that loads tiles, and the warp that hands out B's scales.
#pragma once

#include "common/defect.cuh"
#include "gemm/dense_1d2d_layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "schedule/ring.cuh"

// ---- Role: loads (one thread) ----

/// What one load brings of A: fewer rows than the tile has where M is smaller, because TMA is slow at rows
/// that do not exist. The rest of the tile is never written; its results are not stored.
struct LoadBoxes {
  uint32 rows_a;    ///< of A's tensor map: a multiple of 8, at most BLOCK_M / CLUSTER_N
  uint32 scales_a;  ///< of the map of A's scales: a multiple of 4, at most BLOCK_M

  __device__ __forceinline__ uint32 stage_bytes() const {
    return CLUSTER_N * rows_a * kBlockK + kTileBBytes + scales_a * 4;
  }
};

/// With multicast each CTA brings its half of the shared tile to both.
__device__ __forceinline__ void load_a(uint32 tile, const TensorMap& map, uint32 full, uint32 k, uint32 row,
                                       uint64 l2_hint) {
  if constexpr (CLUSTER_N == 2)
    tma_load_2d_multicast(tile, map, full, k, row, 0b11, l2_hint);
  else
    tma_load_2d(tile, map, full, k, row, l2_hint);
}

__device__ __forceinline__ void load_b(uint32 tile, const TensorMap& map, uint32 full, uint32 k,
                                       uint32 column, uint64 l2_hint) {
  if constexpr (CLUSTER_M == 2)
    tma_load_2d_multicast(tile, map, full, k, column, 0b11, l2_hint);
  else
    tma_load_2d(tile, map, full, k, column, l2_hint);
}

/// Without a bound where registers allow what ptxas makes of it (worth 0.3 %; with 32 it spills): see
/// load_scales_b.
__device__ __forceinline__ void wait_until_empty(const Task& task, const Ring ring,
                                                 const RingCursor<STAGES>& at) {
  if constexpr (kProducerRegisters >= 40)
    mbarrier_wait(ring.empty(at.stage), at.parity ^ 1);
  else
    mbarrier_wait(ring.empty(at.stage), at.parity ^ 1, task.spin_limit);
}

/// The first `weights_ahead` stages ask for B before the grids before this one have ended, which may still be
/// making A or reading D.
__device__ __forceinline__ void load_tiles(Task task, const Ring ring, const TensorMap& map_a,
                                           const TensorMap& map_b, const TensorMap& map_scales_a,
                                           const LoadBoxes boxes, uint64 l2_hint_a, uint64 l2_hint_b,
                                           uint32 weights_ahead) {
  const uint32 half_a = CLUSTER_N == 2 ? task.cta_rank * boxes.rows_a : 0;
  const uint32 half_b = CLUSTER_M == 2 ? task.cta_rank * (BLOCK_N / 2) : 0;
  RingCursor<STAGES> at;
  const auto bring_a = [&](uint32 row, uint32 k_block) {
    const uint32 full = ring.full(at.stage);
    load_a(ring.a(at.stage) + half_a * kBlockK, map_a, full, k_block * kBlockK, row + half_a, l2_hint_a);
    tma_load_2d(ring.scales_a(at.stage), map_scales_a, full, row, k_block, l2_hint_a);
  };
  const auto bring_b = [&](uint32 stage, uint32 column, uint32 k_block) {
    mbarrier_arrive_expect_bytes(ring.full(stage), boxes.stage_bytes());
    load_b(ring.b(stage) + half_b * kBlockK, map_b, ring.full(stage), k_block * kBlockK, column + half_b,
           l2_hint_b);
  };

  bool more = task.walk.advance();
  const uint32 ahead = more ? min_of(weights_ahead, task.k_blocks) : 0;
  for (uint32 i = 0; i < ahead; ++i) bring_b(i, task.column(), task.k_first + i);
  if constexpr (DEFECT != kGridNotAwaited) grid_wait();
  uint32 k_block = 0;
  for (; k_block < ahead; ++k_block, at.advance()) bring_a(task.row(), task.k_first + k_block);
  for (; more; more = task.walk.advance(), k_block = 0) {
    const uint32 row = task.row(), column = task.column();
#pragma unroll 1  // unrolled four times, as it comes, it is 6 KB more of code
    for (; k_block < task.k_blocks; ++k_block, at.advance()) {
      wait_until_empty(task, ring, at);
      if constexpr (DEFECT == kWrongParity) sleep_ns(2000);
      if constexpr (DEFECT == kBarrierNeverCompletes)
        if (k_block > 0) return;
      bring_b(at.stage, column, task.k_first + k_block);
      bring_a(row, task.k_first + k_block);
    }
  }
  // The other CTA arrives at these barriers too: this one must not leave before all arrivals have come.
  if constexpr (kMulticast > 1)
    for (uint32 i = 0; i < STAGES; ++i, at.advance()) wait_until_empty(task, ring, at);
}

// ---- Role: B's scales (one warp) ----

/// B's scales for a chunk of a tile's k-blocks, one a lane: of the scale column it starts under, and of the
/// next.
struct ScaleChunk {
  float first;
  float second;
};

/// Those from `k_block` on, counted from this CTA's first. `scales_b` is [scale_columns][k_stride].
__device__ __forceinline__ ScaleChunk load_scale_chunk(const Task& task, const float* scales_b,
                                                       uint32 k_block, uint32 scale_columns,
                                                       uint32 k_stride) {
  ScaleChunk chunk{0, 0};
  uint32 mine = threadIdx.x % 32 < kScaleChunk ? k_block + threadIdx.x % 32 : task.k_blocks;
  if constexpr (DEFECT == kScaleOffByOne) mine = mine + 1 == task.k_blocks ? 0 : mine + 1;
  const uint32 scale_column = min_of(task.column() / 128, scale_columns - 1);
  if (mine < task.k_blocks) {
    const float* of_mine = scales_b + task.k_first + mine;
    chunk.first = load_global_readonly(of_mine + uint64(scale_column) * k_stride);
    // Past the last scale column lie only columns past N, whose results are not stored.
    if constexpr (kStraddles)
      chunk.second =
          load_global_readonly(of_mine + uint64(min_of(scale_column + 1, scale_columns - 1)) * k_stride);
  }
  return chunk;
}

/// Math warps find the scales in shared memory. Each chunk is loaded while the one before it waits for room;
/// a tile's scales are thus on their way before its first stage is free. This warp has time, so it watches:
/// math warps and the loading thread wait for each other without a bound, and when either waits in vain,
/// chunks do not come back.
__device__ __forceinline__ void load_scales_b(Task task, const Ring ring, const float* scales_b, uint32 n,
                                              uint32 k) {
  const uint32 scale_columns = ceil_div(n, 128), k_stride = k / kBlockK;
  RingCursor<kScaleChunks> at;
  bool more = task.walk.advance();
  uint32 k_block = 0;
  ScaleChunk next = {0, 0};
  if (more) next = load_scale_chunk(task, scales_b, 0, scale_columns, k_stride);
  while (more) {
    const ScaleChunk chunk = next;
    k_block += kScaleChunk;
    if (k_block >= task.k_blocks) {
      k_block = 0;
      more = task.walk.advance();
    }
    if (more) next = load_scale_chunk(task, scales_b, k_block, scale_columns, k_stride);
    mbarrier_wait(ring.scales_empty(at.stage), at.parity ^ 1, task.spin_limit);
    if constexpr (DEFECT == kScalesNotAwaited) sleep_ns(20000);
    if (threadIdx.x % 32 < kScaleChunk)
      store_shared_pair(ring.scales_b(at.stage) + threadIdx.x % 32 * 8, chunk.first, chunk.second);
    mbarrier_arrive(ring.scales_full(at.stage));
    at.advance();
  }
  for (uint32 i = 0; i < kScaleChunks; ++i, at.advance())
    mbarrier_wait(ring.scales_empty(at.stage), at.parity ^ 1, task.spin_limit);
}
