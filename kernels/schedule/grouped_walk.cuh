// The order in which a persistent kernel visits the tiles of groups of rows.
#pragma once

#include "schedule/group_table.cuh"

/// As TileWalk, group after group; within a group in its bands. A tile holds rows of one group. Rows and
/// columns count from the group's first.
struct GroupedWalk {
  GroupTable table;
  uint32 tiles;    ///< of all groups, in clusters
  uint32 columns;  ///< of clusters, in each group
  uint32 raster;
  uint32 next;  ///< index of the next cluster tile of this cluster
  uint32 step;  ///< number of clusters in the grid
  uint32 row;   ///< current cluster tile
  uint32 column;
  uint32 of_group;
  uint32 first, end;  ///< rows of the group

  /// The table has been made.
  __device__ __forceinline__ GroupedWalk(const GroupTable table, uint32 columns, uint32 raster,
                                         uint32 cluster, uint32 clusters)
      : table(table),
        tiles(load_shared_word(table.tiles_before(table.groups)) * columns),
        columns(columns),
        raster(raster),
        next(cluster),
        step(clusters),
        row(0),
        column(0),
        of_group(0),
        first(0),
        end(0) {}

  __device__ __forceinline__ uint32 group() const { return of_group; }
  __device__ __forceinline__ uint32 first_row() const { return first; }
  __device__ __forceinline__ uint32 end_row(uint32) const { return end; }

  // Scales of A [k_blocks][m] of all groups; of those that are counted [groups][k_blocks][room].
  __device__ __forceinline__ uint32 row_of_scales(uint32 row) const {
    return GROUP_LAYOUT == kCounts ? row - first : row;
  }
  __device__ __forceinline__ uint32 block_of_scales(uint32 k_block, uint32 k_blocks) const {
    return GROUP_LAYOUT == kCounts ? of_group * k_blocks + k_block : k_block;
  }

  __device__ __forceinline__ bool more() const { return next < tiles; }

  __device__ __forceinline__ bool advance() {
    if (!more()) return false;
    // The last group that has no more than `in_order` row tiles before it: the one that has this tile, since
    // groups without rows come before the next one's first tile.
    const uint32 in_order = next / columns;
    uint32 at = 0, past = table.groups;
#pragma unroll 1
    while (past - at > 1) {
      const uint32 middle = (at + past) / 2;
      if (load_shared_word(table.tiles_before(middle)) <= in_order)
        at = middle;
      else
        past = middle;
    }
    const uint32 before = load_shared_word(table.tiles_before(at));
    const uint32 rows = load_shared_word(table.tiles_before(at + 1)) - before;
    const uint32 in_group = next - before * columns, band_tiles = raster * columns;
    const uint32 band = in_group / band_tiles, in_band = in_group - band * band_tiles;
    const uint32 band_rows = min_of(raster, rows - band * raster);
    column = in_band / band_rows;
    row = band * raster + in_band - column * band_rows;
    of_group = at;
    first = load_shared_word(table.first_row(at));
    end = load_shared_word(table.end_row(at));
    next += step;
    return true;
  }
};

typedef GroupedWalk Walk;  // of a kernel that includes this
