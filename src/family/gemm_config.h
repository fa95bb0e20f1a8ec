// A configuration of a GEMM kernel with its parameters as members, and what follows from them. The arithmetic
// behind kernels/pipeline/layout.cuh.
#pragma once

#include "core/config.h"
#include "core/problem.h"
#include "launch/gemm_recipe.h"

#include <cstdint>

namespace gemmtune::family {

struct GemmConfig {
  // The parameters, by their names; 0 where the configuration lacks one.
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
  int store_buffers = 0;
  int ping_pong = 0;
  // Of the problem.
  int out_bytes = 2;  ///< of an element of D
  bool accumulate = false;
  int groups = 0;             ///< 0: one product
  bool shares_out_k = false;  ///< groups do; else rows
  // Of its operation.
  int operand_bytes = 1;  ///< of an element of A and B
  launch::Scaling scaling = launch::kScaled1d2d;

  /// Operands whose lines L2 gives up before others.
  enum EvictFirst { kEvictNone = 0, kEvictB = 1, kEvictBoth = 2 };

  /// Columns of a part of D, which has 64 rows.
  static constexpr int kPartColumns = 32;

  static constexpr int kRowBytes = launch::GemmRecipe::kRowBytes;

  /// Of K in a stage: one 128-byte swizzle row. Of dense_1d2d that is the reach of a scale.
  int block_k() const { return kRowBytes / operand_bytes; }
  /// Whether stages hold scales of A's rows, and of B's: one scale an operand is read once, those of blocks
  /// come in chunks.
  bool staged_scales_a() const { return scaling == launch::kScaled1d2d || staged_scales_b(); }
  bool staged_scales_b() const { return scaling == launch::kScaled1d1d; }
  /// Whether the kernel itself adds C: FP32 is added by TMA.
  bool loads_c() const { return accumulate && out_bytes == 2; }
  /// What wgmma takes as its 64 rows, and as its columns.
  int rows() const { return swap_ab ? block_n : block_m; }
  int columns() const { return swap_ab ? block_m : block_n; }
  /// Warpgroups that share the rows of a tile.
  int row_warpgroups() const { return ping_pong ? 1 : rows() <= 192 ? rows() / 64 : 2; }
  /// Tiles in work at one time.
  int turns() const { return ping_pong ? 2 : 1; }
  int math_warpgroups() const { return row_warpgroups() * k_groups * turns(); }
  /// CTAs of a cluster.
  int cluster() const { return cluster_m * cluster_n * split_k; }
  int threads() const { return 128 * (1 + math_warpgroups()); }
  /// Columns of one TMA store box: 64 of a swapped tile, 32 where D is stored in parts, else the widest of 64
  /// (BF16) or 32 (both), 16, 8 that divides block_n.
  int store_columns() const;
  int store_rows() const { return swap_ab ? block_m : 64; }
  /// Over groups: rows of A in one load (kPartRows of kernels/pipeline/load_groups.cuh).
  int part_rows() const {
    const int rows = block_m / cluster_n;
    return swap_ab ? rows : rows % 64 == 0 ? 64 : rows / 2;
  }
  /// Whether the thread that loads tells which tile comes (TELLS_TILES of kernels/pipeline/layout.cuh).
  bool tells_tiles() const {
    return groups > 0 && !shares_out_k && k_groups == 1 && split_k == 1 && rows() != 192;
  }
  /// Of the table of groups: three words each, and one.
  std::int64_t group_bytes() const { return groups == 0 ? 0 : 12 * std::int64_t{groups} + 4; }
  /// Swizzle of D in shared memory: as wide as a box's rows in BF16, 128 or none (0) in FP32.
  int store_swizzle_bytes() const;
  std::int64_t stage_bytes() const;
  std::int64_t smem_bytes() const;
  /// What the launcher needs of all this.
  launch::GemmRecipe recipe() const;

  static GemmConfig from(const Config& config, const Problem& problem);
};

}  // namespace gemmtune::family
