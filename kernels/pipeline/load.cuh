// The thread that brings a persistent GEMM kernel the tiles of its operands.
#pragma once

#include "common/defect.cuh"
#include "pipeline/layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "schedule/ring.cuh"

/// What one load brings of the last tile over M where M ends within it: rows that exist, and no more of the
/// others than the formats ask for. NOTES: a box that hangs over M's edge costs TMA six cycles a missing row
/// of 128 bytes, a real row 2.4: at M 129 tiles of 128 rows took twice as long as at M 256. What is not
/// loaded is whatever the stage held before: its rows of D (of swapped tiles columns) are never stored, and
/// none of it reaches others.
struct TailBoxes {
  uint32 rows_a;  ///< of the tail's map of A: at most BLOCK_M / CLUSTER_N
  uint32
      scales_a;  ///< where there are any, of the tail's map of A's scales: a multiple of 4, at most BLOCK_M
};

/// Which of its loads a tile takes.
struct TileLoads {
  uint32 row;
  bool is_whole;  ///< else M ends within it, or before
  bool has_rows;  ///< else it lies past M, beside one that does not: nothing of A is loaded
};

/// With multicast each CTA brings its half of the shared tile to both.
__device__ __forceinline__ void load_a(uint32 tile, const TensorMap& map, uint32 full, uint32 k, uint32 row,
                                       uint64 l2_hint) {
  if constexpr (CLUSTER_N == 2)
    tma_load_2d_multicast(tile, map, full, k, row, 0b11, l2_hint);
  else
    tma_load_2d(tile, map, full, k, row, l2_hint);
}

__device__ __forceinline__ void load_b(uint32 tile, const TensorMap& map, uint32 full, uint32 k, uint32 row,
                                       uint64 l2_hint) {
  if constexpr (CLUSTER_M == 2)
    tma_load_2d_multicast(tile, map, full, k, row, 0b11, l2_hint);
  else
    tma_load_2d(tile, map, full, k, row, l2_hint);
}

/// Without a bound where another warp has one on behalf of all (load_scales_b) and registers allow what ptxas
/// makes of it (worth 0.3 %; with 32 it spills). Where no other has, this thread's is that of all.
__device__ __forceinline__ void wait_until_empty(const Task& task, const Ring ring,
                                                 const RingCursor<STAGES>& at) {
  if constexpr (kScaleChunks > 0 && kProducerRegisters >= 40)
    mbarrier_wait(ring.empty(at.stage), at.parity ^ 1);
  else
    mbarrier_wait(ring.empty(at.stage), at.parity ^ 1, task.spin_limit);
}

/// The maps of A: of whole tiles, and of the one in which M ends.
struct MapsOfA {
  const TensorMap& whole;
  const TensorMap& tail;
  const TensorMap& scales_whole;  ///< these two are read where SCALED alone
  const TensorMap& scales_tail;
  TailBoxes boxes;

  __device__ __forceinline__ TileLoads loads_of(const Task& task, uint32 m) const {
    const uint32 row = task.row();
    return {row, row + BLOCK_M <= m, CLUSTER_M == 1 || row < m};
  }

  /// Of A, that one load of the tile brings.
  __device__ __forceinline__ uint32 rows_of(const TileLoads& tile) const {
    return tile.is_whole ? BLOCK_M / CLUSTER_N : boxes.rows_a - (DEFECT == kTailRowsMissing ? 8 : 0);
  }

  /// Of A, B and their scales, that complete a stage of the tile.
  __device__ __forceinline__ uint32 stage_bytes(const TileLoads& tile) const {
    const uint32 scales = !SCALED ? 0 : tile.is_whole ? BLOCK_M : boxes.scales_a;
    return kTileBBytes + (SCALED_ROWS_B ? BLOCK_N * 4 : 0) +
           (tile.has_rows ? CLUSTER_N * rows_of(tile) * kRowBytes + scales * 4 : 0);
  }
};

/// Those of B.
struct MapsOfB {
  const TensorMap& tile;
  const TensorMap& scales;  ///< read where SCALED_ROWS_B alone
};

/// Whether what comes before a launch's first load is kept short. NOTES: worth 0.9 % at M <= 128. With more
/// rows (of swapped tiles columns) ptxas orders the math anew: 256 x 128 loses 0.1 %, 192 x 144 spills.
enum : uint32 { kStartsEarly = SWAP_AB ? BLOCK_N <= 64 : BLOCK_M <= 128 };

/// The first `weights_ahead` stages ask for B before the grids before this one have ended, which may still be
/// making A or reading D.
__device__ __forceinline__ void load_tiles(Task task, const Ring ring, const MapsOfA maps_a,
                                           const MapsOfB maps_b, uint32 m, uint64 l2_hint_a, uint64 l2_hint_b,
                                           uint32 weights_ahead) {
  const uint32 half_b = CLUSTER_M == 2 ? task.cta_rank * (BLOCK_N / 2) : 0;
  RingCursor<STAGES> at;
  const auto bring_a = [&](const TileLoads& tile, uint32 k_block) {
    if (!tile.has_rows) return;
    const uint32 full = ring.full(at.stage),
                 half_a = CLUSTER_N == 2 ? task.cta_rank * maps_a.rows_of(tile) : 0;
    load_a(ring.a(at.stage) + half_a * kRowBytes, tile.is_whole ? maps_a.whole : maps_a.tail, full,
           k_block * kBlockK, tile.row + half_a, l2_hint_a);
    if constexpr (SCALED)
      tma_load_2d(ring.scales_a(at.stage), tile.is_whole ? maps_a.scales_whole : maps_a.scales_tail, full,
                  tile.row, k_block, l2_hint_a);
  };
  const auto bring_b = [&](const TileLoads& tile, uint32 stage, uint32 row, uint32 k_block) {
    mbarrier_arrive_expect_bytes(ring.full(stage), maps_a.stage_bytes(tile));
    load_b(ring.b(stage) + half_b * kRowBytes, maps_b.tile, ring.full(stage), k_block * kBlockK, row + half_b,
           l2_hint_b);
    if constexpr (SCALED_ROWS_B)
      tma_load_2d(ring.scales_of_rows_b(stage), maps_b.scales, ring.full(stage), row,
                  DEFECT == kScaleOffByOne ? (k_block + 1) % task.k_blocks_in_all : k_block, l2_hint_b);
  };

  bool more = kStartsEarly ? task.begin() : task.advance();
  TileLoads tile = maps_a.loads_of(task, m);
  const uint32 ahead = more ? min_of(weights_ahead, task.k_blocks) : 0;
  if constexpr (kStartsEarly) {
#pragma unroll 1  // a launch without weights ahead has to jump over both loops
    for (uint32 i = 0; i < ahead; ++i) bring_b(tile, i, task.row_of_b(), task.k_first + i);
  } else
    for (uint32 i = 0; i < ahead; ++i) bring_b(tile, i, task.row_of_b(), task.k_first + i);
  if constexpr (DEFECT != kGridNotAwaited) grid_wait();
  uint32 k_block = 0;
  if constexpr (kStartsEarly) {
#pragma unroll 1
    for (; k_block < ahead; ++k_block, at.advance()) bring_a(tile, task.k_first + k_block);
  } else
    for (; k_block < ahead; ++k_block, at.advance()) bring_a(tile, task.k_first + k_block);
  const auto bring_stages = [&](const TileLoads& tile) {
#pragma unroll 1  // unrolled four times, as it comes, it is 6 KB more of code
    for (; k_block < task.k_blocks; ++k_block, at.advance()) {
      wait_until_empty(task, ring, at);
      if constexpr (DEFECT == kWrongParity) sleep_ns(2000);
      if (DEFECT == kBarrierNeverCompletes && k_block > 0) continue;
      bring_b(tile, at.stage, task.row_of_b(), task.k_first + k_block);
      bring_a(tile, task.k_first + k_block);
    }
  };
  for (; more; more = task.advance(), k_block = 0) {
    tile = maps_a.loads_of(task, m);
    // Two loops, in which what a stage takes is constant: with 32 registers one loop for both spills.
    if (tile.is_whole)
      bring_stages({tile.row, true, true});
    else
      bring_stages({tile.row, false, tile.has_rows});
  }
  // The other CTA arrives at these barriers too: this one must not leave before all arrivals have come. Where
  // no other warp has a bound, it waits on behalf of the math warps.
  if constexpr (kMulticast > 1 || SCALED_ROWS_B)
    for (uint32 i = 0; i < STAGES; ++i, at.advance()) wait_until_empty(task, ring, at);
}
