// The order in which a persistent kernel visits the tiles of groups that share out K.
#pragma once

#include "schedule/k_group_table.cuh"

/// As TileWalk, one D after the other; each tile has the k-blocks of its group. A and B are those of all
/// groups.
struct KGroupedWalk {
  KGroupTable table;
  uint32 rows;     ///< of clusters, in each D
  uint32 columns;  ///< of clusters
  uint32 raster;
  uint32 next;  ///< index of the next cluster tile of this cluster
  uint32 step;  ///< number of clusters in the grid
  uint32 row;   ///< current cluster tile
  uint32 column;
  uint32 of_group;
  uint32 first_block;
  uint32 blocks;

  /// The table has been made.
  __device__ __forceinline__ KGroupedWalk(const KGroupTable table, uint32 rows, uint32 columns, uint32 raster,
                                          uint32 cluster, uint32 clusters)
      : table(table),
        rows(rows),
        columns(columns),
        raster(raster),
        next(cluster),
        step(clusters),
        row(0),
        column(0),
        of_group(0),
        first_block(0),
        blocks(0) {}

  __device__ __forceinline__ static uint32 group() { return 0; }
  __device__ __forceinline__ static uint32 start_row() { return 0; }
  __device__ __forceinline__ static uint32 rows_before_group(uint32) { return 0; }
  __device__ __forceinline__ static uint32 end_row(uint32 m) { return m; }
  __device__ __forceinline__ void take_k(uint32& first, uint32& count) const {
    first = first_block;
    count = blocks;
  }
  __device__ __forceinline__ RowOfMatrix row_of_d(uint32 row) const { return {row, of_group}; }

  __device__ __forceinline__ bool more() const {
    return next < load_shared_word(table.places()) * rows * columns;
  }

  __device__ __forceinline__ bool begin() { return advance(); }
  __device__ __forceinline__ bool advance() {
    if (!more()) return false;
    const uint32 of_one = rows * columns, place = next / of_one, in_group = next - place * of_one;
    of_group = load_shared_word(table.number(place));
    first_block = load_shared_word(table.first_block(place));
    blocks = load_shared_word(table.blocks(place));
    const uint32 band_tiles = raster * columns;
    const uint32 band = in_group / band_tiles, in_band = in_group - band * band_tiles;
    const uint32 band_rows = min_of(raster, rows - band * raster);
    column = in_band / band_rows;
    row = band * raster + in_band - column * band_rows;
    next += step;
    return true;
  }
};

typedef KGroupedWalk Walk;  // of a kernel that includes this
