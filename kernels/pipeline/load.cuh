// The thread that brings a persistent GEMM kernel the tiles of its operands.
#pragma once

#include "common/defect.cuh"
#include "pipeline/layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "schedule/ring.cuh"

/// What one load brings of A: fewer rows than the tile has where M is smaller, because TMA is slow at rows
/// that do not exist. The rest of the tile is never written; its results are not stored.
struct LoadBoxes {
  uint32 rows_a;    ///< of A's tensor map: a multiple of 8, at most BLOCK_M / CLUSTER_N
  uint32 scales_a;  ///< where there are any, of the map of A's scales: a multiple of 4, at most BLOCK_M

  __device__ __forceinline__ uint32 stage_bytes() const {
    return CLUSTER_N * rows_a * kRowBytes + kTileBBytes + (SCALED ? scales_a * 4 : 0);
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

/// Without a bound where another warp has one on behalf of all (load_scales_b) and registers allow what ptxas
/// makes of it (worth 0.3 %; with 32 it spills).
__device__ __forceinline__ void wait_until_empty(const Task& task, const Ring ring,
                                                 const RingCursor<STAGES>& at) {
  if constexpr (SCALED && kProducerRegisters >= 40)
    mbarrier_wait(ring.empty(at.stage), at.parity ^ 1);
  else
    mbarrier_wait(ring.empty(at.stage), at.parity ^ 1, task.spin_limit);
}

/// `map_scales_a`: read where SCALED alone. The first `weights_ahead` stages ask for B before the grids
/// before this one have ended, which may still be making A or reading D.
__device__ __forceinline__ void load_tiles(Task task, const Ring ring, const TensorMap& map_a,
                                           const TensorMap& map_b, const TensorMap& map_scales_a,
                                           const LoadBoxes boxes, uint64 l2_hint_a, uint64 l2_hint_b,
                                           uint32 weights_ahead) {
  const uint32 half_a = CLUSTER_N == 2 ? task.cta_rank * boxes.rows_a : 0;
  const uint32 half_b = CLUSTER_M == 2 ? task.cta_rank * (BLOCK_N / 2) : 0;
  RingCursor<STAGES> at;
  const auto bring_a = [&](uint32 row, uint32 k_block) {
    const uint32 full = ring.full(at.stage);
    load_a(ring.a(at.stage) + half_a * kRowBytes, map_a, full, k_block * kBlockK, row + half_a, l2_hint_a);
    if constexpr (SCALED) tma_load_2d(ring.scales_a(at.stage), map_scales_a, full, row, k_block, l2_hint_a);
  };
  const auto bring_b = [&](uint32 stage, uint32 column, uint32 k_block) {
    mbarrier_arrive_expect_bytes(ring.full(stage), boxes.stage_bytes());
    load_b(ring.b(stage) + half_b * kRowBytes, map_b, ring.full(stage), k_block * kBlockK, column + half_b,
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
