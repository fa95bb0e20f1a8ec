// What the thread that loads brings of A where its rows belong to groups.
#pragma once

#include "common/defect.cuh"
#include "pipeline/layout.cuh"
#include "pipeline/load.cuh"
#include "ptx/memory.cuh"
#include "ptx/tma.cuh"

enum : uint32 {
  kLoadRowsA = BLOCK_M / CLUSTER_N,  // of a tile, that one CTA brings
  // It brings them in parts of so many: groups often end within a tile, and the parts behind that are left
  // out. The columns of swapped tiles are few, and come as one. family::GemmConfig::part_rows is the same.
  kPartRows = SWAP_AB                ? kLoadRowsA
              : kLoadRowsA % 64 == 0 ? 64
                                     : kLoadRowsA / 2,
  kParts = kLoadRowsA / kPartRows,
};
static_assert(kLoadRowsA % kPartRows == 0, "a CTA's share is whole parts");
static_assert(SWAP_AB || kPartRows % 8 == 0, "a part begins where the 128-byte swizzle repeats");

/// Which of its loads a tile takes. What follows from it is found out for each stage: registers are short.
struct GroupTileLoads {
  uint32 row;
  uint32 parts;  ///< that have rows of the group; none where it ends before the tile

  /// Of those, how many all CTAs that share the tile bring.
  __device__ __forceinline__ uint32 loaded() const {
    return parts - (DEFECT == kTailRowsMissing && parts > 0 ? 1 : 0);
  }

  /// Of A, its scales and B, that complete a stage.
  __device__ __forceinline__ uint32 stage_bytes() const {
    return kTileBBytes + (parts > 0 ? loaded() * kPartRows * kRowBytes + BLOCK_M * 4 : 0);
  }
};

/// The maps of A and of its scales.
struct MapsOfGroups {
  const TensorMap& parts;  ///< in boxes of kPartRows
  const TensorMap& scales;
};

/// Of the tile in which a group ends; of the rows behind that, which are another group's, no more come than
/// fill its part.
__device__ __forceinline__ GroupTileLoads loads_of_group(const Task& task, uint32 m) {
  const uint32 row = task.row(), end = task.end_row(m);
  return {row, row < end ? min_of(ceil_div(end - row, kPartRows), CLUSTER_N * kParts) : 0};
}

/// A k-block of A and of its scales.
__device__ __forceinline__ void load_group_rows(const GroupTileLoads& tile, const Task& task, const Ring ring,
                                                const MapsOfGroups& maps, uint32 stage, uint32 k_block,
                                                uint64 l2_hint) {
  if (tile.parts == 0) return;
  const uint32 full = ring.full(stage), first = CLUSTER_N == 2 ? task.cta_rank * kParts : 0;
#pragma unroll
  for (uint32 part = 0; part < kParts; ++part)
    if (first + part < tile.loaded())
      load_a(ring.a(stage) + (first + part) * kPartRows * kRowBytes, maps.parts, full, k_block * kBlockK,
             row_by_place(tile.row + (first + part) * kPartRows, task.k_blocks_in_all * kBlockK), l2_hint);
  tma_load_2d(ring.scales_a(stage), maps.scales, full, task.walk.row_of_scales(tile.row),
              task.walk.block_of_scales(k_block, task.k_blocks_in_all), l2_hint);
}

/// As load_tiles, of groups. NOTES: it is a loop of its own because the kernels of one product are other
/// machine code when they share one with this.
__device__ __forceinline__ void load_group_tiles(Task task, const Ring ring, const MapsOfGroups maps,
                                                 const TensorMap& map_b, uint32 m, uint64 l2_hint_a,
                                                 uint64 l2_hint_b) {
  const uint32 half_b = CLUSTER_M == 2 ? task.cta_rank * (BLOCK_N / 2) : 0;
  RingCursor<STAGES> at;
  while (task.walk.advance()) {
    const GroupTileLoads tile = loads_of_group(task, m);
#pragma unroll 1
    for (uint32 k_block = 0; k_block < task.k_blocks; ++k_block, at.advance()) {
      wait_until_empty(task, ring, at);
      if constexpr (DEFECT == kWrongParity) sleep_ns(2000);
      if (DEFECT == kBarrierNeverCompletes && k_block > 0) return;
      if constexpr (DEFECT == kTileNotAwaited) sleep_ns(2000);
      if (TELLS_TILES && k_block == 0)
        store_shared_unit(ring.tile(at.stage),
                          task.walk.place(tile.parts == 0 ? 0 : task.end_row(m) - tile.row));
      const uint32 full = ring.full(at.stage);
      mbarrier_arrive_expect_bytes(full, tile.stage_bytes());
      load_b(ring.b(at.stage) + half_b * kRowBytes, map_b, full, (task.k_first + k_block) * kBlockK,
             row_by_place(task.row_of_b() + half_b, task.k_blocks_in_all * kBlockK), l2_hint_b);
      load_group_rows(tile, task, ring, maps, at.stage, task.k_first + k_block, l2_hint_a);
    }
  }
  // As in load_tiles.
  if constexpr (kMulticast > 1)
    for (uint32 i = 0; i < STAGES; ++i, at.advance()) wait_until_empty(task, ring, at);
}
