// dense_1d2d: A scaled 1x128, B scaled 128x128, D in BF16 or FP32. The arithmetic behind
// kernels/gemm/dense_1d2d.cuh.
#pragma once

#include "family/family.h"
#include "launch/dense_1d2d_recipe.h"

namespace gemmtune::family {

const Family& dense_1d2d();

/// The kernel's parameters with their names as members, and the form of D.
struct Dense1d2dConfig {
  int block_m = 0;
  int block_n = 0;
  int swap_ab = 0;
  int k_groups = 0;
  int split_k = 0;
  int stages = 0;
  int cluster_m = 0;
  int cluster_n = 0;
  int num_sms = 0;
  int raster = 0;
  int evict_first = 0;  ///< EvictFirst
  int out_bytes = 2;    ///< of an element of D
  bool accumulate = false;

  /// Operands whose lines L2 gives up before others.
  enum EvictFirst { kEvictNone = 0, kEvictB = 1, kEvictBoth = 2 };

  static constexpr int block_k = 128;  ///< one scale of A, one 128-byte swizzle row

  /// Whether the kernel itself adds C: FP32 is added by TMA.
  bool loads_c() const { return accumulate && out_bytes == 2; }
  /// What wgmma takes as its 64 rows, and as its columns.
  int rows() const { return swap_ab ? block_n : block_m; }
  int columns() const { return swap_ab ? block_m : block_n; }
  /// Warpgroups that share the rows of a tile.
  int row_warpgroups() const { return rows() <= 192 ? rows() / 64 : 2; }
  int math_warpgroups() const { return row_warpgroups() * k_groups; }
  /// CTAs of a cluster.
  int cluster() const { return cluster_m * cluster_n * split_k; }
  int threads() const { return 128 * (1 + math_warpgroups()); }
  /// Columns of one TMA store box: 64 of a swapped tile, else the widest of 64 (BF16) or 32 (both), 16, 8
  /// that divides block_n.
  int store_columns() const;
  int store_rows() const { return swap_ab ? block_m : 64; }
  /// Swizzle of D in shared memory: as wide as a box's rows in BF16, 128 or none (0) in FP32.
  int store_swizzle_bytes() const;
  std::int64_t stage_bytes() const;
  std::int64_t smem_bytes() const;
  /// What the launcher needs of all this.
  launch::Dense1d2dRecipe recipe() const;

  static Dense1d2dConfig from(const Config& config, const Problem& problem);
};

}  // namespace gemmtune::family
