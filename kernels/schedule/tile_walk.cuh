// The order in which a persistent kernel visits the tiles of D.
#pragma once

#include "common/types.cuh"

/// Clusters walk D in bands of `raster` cluster rows, down the rows first: the tiles that run at one time
/// form a block that reuses A's rows and B's columns in L2. Every role of a CTA runs its own walk and sees
/// the same tiles.
///
/// Where the number of tiles is odd, the last cluster of a row or column reaches past D. Both of its CTAs
/// walk there all the same, so that they always take part in the multicast; what one has past D is not
/// stored.
struct TileWalk {
  uint32 rows;     ///< of clusters
  uint32 columns;  ///< of clusters
  uint32 raster;
  uint32 next;  ///< index of the next cluster tile of this cluster
  uint32 step;  ///< number of clusters in the grid
  uint32 row;   ///< current cluster tile
  uint32 column;

  __device__ __forceinline__ TileWalk(uint32 rows, uint32 columns, uint32 raster, uint32 cluster,
                                      uint32 clusters)
      : rows(rows), columns(columns), raster(raster), next(cluster), step(clusters), row(0), column(0) {}

  // Of one product all of D: what a walk over groups says of the group of the current tile.
  __device__ __forceinline__ static uint32 group() { return 0; }
  __device__ __forceinline__ static uint32 start_row() { return 0; }
  __device__ __forceinline__ static uint32 rows_before_group(uint32) { return 0; }
  __device__ __forceinline__ static uint32 end_row(uint32 m) { return m; }
  __device__ __forceinline__ static void take_k(uint32&, uint32&) {}
  __device__ __forceinline__ static uint32 row_of_d(uint32 row) { return row; }

  /// Whether there is a tile after the current one.
  __device__ __forceinline__ bool more() const { return next < rows * columns; }

  /// As `advance`, to the first tile, with no division that it can do without: the first load of a launch
  /// waits for them. NOTES: 0.7 % of a launch at M <= 128.
  __device__ __forceinline__ bool begin() {
    if (rows > raster) return advance();
    if (!more()) return false;
    column = rows > 1 ? next / rows : next;
    row = next - column * rows;
    next += step;
    return true;
  }

  /// Moves to the next tile; false when there is none.
  __device__ __forceinline__ bool advance() {
    if (!more()) return false;
    const uint32 band_tiles = raster * columns;
    const uint32 band = next / band_tiles;
    const uint32 in_band = next - band * band_tiles;
    const uint32 band_rows = min_of(raster, rows - band * raster);
    column = in_band / band_rows;
    row = band * raster + in_band - column * band_rows;
    next += step;
    return true;
  }
};

typedef TileWalk Walk;  // of a kernel that includes this
