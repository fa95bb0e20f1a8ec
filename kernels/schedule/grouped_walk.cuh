// The order in which a persistent kernel visits the tiles of groups of rows.
#pragma once

#include "schedule/group_table.cuh"

/// As TileWalk, group after group; within a group in its bands. A tile is of one group. Rows and columns
/// count from the group's first tile. What the table knows is read from it when it is asked for: registers
/// are short while sums are held.
template <uint32 Layout>
struct GroupedWalk {
  GroupTable table;
  uint32 columns;  ///< of clusters, in each group
  uint32 raster;
  uint32 next;  ///< index of the next cluster tile of this cluster
  uint32 step;  ///< number of clusters in the grid
  uint32 row;   ///< current cluster tile
  uint32 column;
  uint32 of_group;

  /// The table has been made.
  __device__ __forceinline__ GroupedWalk(const GroupTable table, uint32 columns, uint32 raster,
                                         uint32 cluster, uint32 clusters)
      : table(table),
        columns(columns),
        raster(raster),
        next(cluster),
        step(clusters),
        row(0),
        column(0),
        of_group(0) {}

  /// Of all groups, in clusters.
  __device__ __forceinline__ uint32 tiles() const {
    return load_shared_word(table.tiles_before(table.groups)) * columns;
  }
  __device__ __forceinline__ uint32 group() const { return of_group; }
  __device__ __forceinline__ uint32 start_row() const { return first_row_of_tiles<Layout>(first_row()); }
  __device__ __forceinline__ uint32 end_row(uint32) const {
    return load_shared_word(table.end_row(of_group));
  }
  /// How many rows from `row` on are another group's, of a box that has rows of the current one.
  __device__ __forceinline__ uint32 rows_before_group(uint32 row) const {
    if constexpr (first_row_of_tiles<Layout>(1) == 1) return 0;
    const uint32 first = first_row();
    return first > row ? first - row : 0;
  }

  __device__ __forceinline__ static void take_k(uint32&, uint32&) {}
  __device__ __forceinline__ static uint32 row_of_d(uint32 row) { return row; }

  // Scales of A [k_blocks][m] of all groups; of those that are counted [groups][k_blocks][room].
  __device__ __forceinline__ uint32 row_of_scales(uint32 row) const {
    return Layout == kCounts ? row - first_row() : row;
  }
  __device__ __forceinline__ uint32 block_of_scales(uint32 k_block, uint32 k_blocks) const {
    return Layout == kCounts ? of_group * k_blocks + k_block : k_block;
  }

  __device__ __forceinline__ bool more() const { return next < tiles(); }

  /// Which tile this is, and what `follow` takes in place of `advance`, without the search.
  __device__ __forceinline__ uint4 place(uint32 rows_of_tile) const {
    return {row, column, of_group, rows_of_tile};
  }
  __device__ __forceinline__ void follow(const uint4& place) {
    row = place.x;
    column = place.y;
    of_group = place.z;
    next += step;
  }

  __device__ __forceinline__ bool begin() { return advance(); }
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
    next += step;
    return true;
  }

 private:
  __device__ __forceinline__ uint32 first_row() const {
    return load_shared_word(table.first_row(of_group));
  }
};

typedef GroupedWalk<GROUP_LAYOUT> Walk;  // of a kernel that includes this
