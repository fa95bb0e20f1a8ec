// How a GEMM kernel is launched, as plain numbers: what family/ computes from a configuration, what the
// worker launches by and what an exported bundle keeps. Nothing of CUDA, so that whoever plans may include
// it.
#pragma once

#include "launch/l2_hints.h"

#include <algorithm>
#include <cstdint>

namespace gemmtune::launch {

/// D[m,n] = A[m,k] * B[n,k]^T. Strides are elements from one row to the next.
struct Shape {
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t a_stride = 0, b_stride = 0, d_stride = 0;
};

/// Attempts of a barrier wait before the kernel gives up. Each suspends for up to about a microsecond: a
/// second or so in all, a thousand times the longest kernel of the committed sets.
inline constexpr std::uint32_t kSpinLimit = 1u << 20;

/// What an entry point takes besides A, B, D, sizes and what is the same for all.
enum Scaling : std::uint32_t {
  kUnscaled = 0,
  kScaled1d2d = 1,    ///< maps of A's scales [k/128][m rounded up to 4], and B's [n/128 rounded up][k/128]
  kScaledTensor = 2,  ///< two pointers to a number
  kScaled1d1d = 3,    ///< maps of A's scales as above, and of B's [k/128][n]
  kLastScaling = kScaled1d1d,
};

/// Of one configuration and one output mode, whatever M is.
struct GemmRecipe {
  std::uint32_t block_m = 0;
  std::uint32_t block_n = 0;
  std::uint32_t cluster_m = 1;
  std::uint32_t cluster_n = 1;
  std::uint32_t split_k = 1;
  std::uint32_t most_ctas = 0;  ///< of the grid; a multiple of the cluster
  std::uint32_t threads = 0;
  std::uint32_t smem_bytes = 0;
  std::uint32_t raster = 0;
  std::uint32_t evict_first = 0;  ///< 1: lines of B, 2: of A and B are given up before others
  std::uint32_t out_bytes = 2;    ///< of an element of D: 2 BF16, 4 FP32
  std::uint32_t store_rows = 0;   ///< of the box that one TMA store moves
  std::uint32_t store_columns = 0;
  std::uint32_t store_swizzle_bytes = 0;
  std::uint32_t operand_bytes = 1;  ///< of an element of A and B: 1 E4M3, 2 BF16
  std::uint32_t scaling = kScaled1d2d;
  std::uint32_t tail_maps = 0;  ///< 1: the entry point has maps of their own for the tile in which M ends
  /// Over groups: rows of A that one load brings (kPartRows of kernels/pipeline/load_groups.cuh). 0: all that
  /// a CTA brings of a tile.
  std::uint32_t part_rows = 0;

  static constexpr std::uint32_t kRowBytes = 128;  ///< of a k-block in A and B

  std::uint32_t block_k() const { return kRowBytes / operand_bytes; }
  std::uint32_t cluster() const { return cluster_m * cluster_n * split_k; }

  /// CTAs of a launch: no more than there are tiles, which a problem smaller than the tuned one may lack.
  std::uint32_t grid(std::int64_t m, std::int64_t n) const {
    const std::int64_t tile_m = std::int64_t{block_m} * cluster_m, tile_n = std::int64_t{block_n} * cluster_n;
    const std::int64_t tiles = ((m + tile_m - 1) / tile_m) * ((n + tile_n - 1) / tile_n);
    // Of a bundle of others' making the product need not fit.
    return tiles >= most_ctas
               ? most_ctas
               : static_cast<std::uint32_t>(std::min<std::int64_t>(most_ctas, tiles * cluster()));
  }

  /// Rows of the tile in which M ends; all of them where M ends with a tile.
  std::int64_t tail_rows(std::int64_t m) const { return (m - 1) % block_m + 1; }

  /// To multiples of which the rows of A are rounded up that CTAs share out.
  std::uint32_t load_rows_step() const { return cluster_n == 1 ? 1 : 8 * cluster_n; }

  /// Rows of A that one TMA load brings of so many that exist. Bringing rows that do not is slow. Where CTAs
  /// share them out, each part begins with a group of 8 (the swizzle's period), so there they are rounded up.
  std::uint32_t load_rows_a(std::int64_t rows) const { return rows_of_box(rows, load_rows_step()); }

  /// The same as it was in the journals that models are fitted to: rounded up to 8 everywhere.
  std::uint32_t modelled_rows_a(std::int64_t rows) const { return rows_of_box(rows, 8 * cluster_n); }

  /// The same where rows belong to groups.
  std::uint32_t load_group_rows_a() const { return part_rows != 0 ? part_rows : load_rows_a(block_m); }

  /// Scales of A that one TMA load brings: those that exist, in units of 16 bytes.
  std::uint32_t load_scales_a(std::int64_t rows) const {
    return static_cast<std::uint32_t>(std::min<std::int64_t>(block_m, (rows + 3) / 4 * 4));
  }

  /// Whether the entry point has maps of A's scales, and of B's.
  bool maps_scales_a() const { return scaling == kScaled1d2d || maps_scales_b(); }
  bool maps_scales_b() const { return scaling == kScaled1d1d; }

  /// Rows of B that one TMA load brings.
  std::uint32_t load_rows_b() const { return block_n / cluster_m; }

  std::uint64_t l2_hint_a() const { return evict_first == 2 ? kEvictFirst : kEvictNormal; }
  std::uint64_t l2_hint_b() const { return evict_first == 0 ? kEvictNormal : kEvictFirst; }

 private:
  std::uint32_t rows_of_box(std::int64_t rows, std::int64_t step) const {
    return static_cast<std::uint32_t>(std::min<std::int64_t>(block_m, (rows + step - 1) / step * step)) /
           cluster_n;
  }
};

/// The members by name, in the order in which a bundle's index has them.
using RecipeValue = std::uint32_t GemmRecipe::*;
struct RecipeMember {
  const char* name;
  RecipeValue value;
  bool later = false;  ///< not in the first schema; its default holds there
};
inline constexpr RecipeMember kRecipeMembers[] = {
    {"block_m", &GemmRecipe::block_m},
    {"block_n", &GemmRecipe::block_n},
    {"cluster_m", &GemmRecipe::cluster_m},
    {"cluster_n", &GemmRecipe::cluster_n},
    {"split_k", &GemmRecipe::split_k},
    {"most_ctas", &GemmRecipe::most_ctas},
    {"threads", &GemmRecipe::threads},
    {"smem_bytes", &GemmRecipe::smem_bytes},
    {"raster", &GemmRecipe::raster},
    {"evict_first", &GemmRecipe::evict_first},
    {"out_bytes", &GemmRecipe::out_bytes},
    {"store_rows", &GemmRecipe::store_rows},
    {"store_columns", &GemmRecipe::store_columns},
    {"store_swizzle_bytes", &GemmRecipe::store_swizzle_bytes},
    {"operand_bytes", &GemmRecipe::operand_bytes, true},
    {"scaling", &GemmRecipe::scaling, true},
    {"tail_maps", &GemmRecipe::tail_maps, true},
    {"part_rows", &GemmRecipe::part_rows, true},
};

}  // namespace gemmtune::launch
