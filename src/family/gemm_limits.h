// Which configurations of a GEMM kernel can run, and which are worth it.
#pragma once

#include "core/environment.h"
#include "family/family.h"
#include "family/gemm_config.h"

#include <cstdint>
#include <optional>

namespace gemmtune::family {

/// What one kernel's registers and scales allow: the rest is the pipeline's and common to all.
struct GemmLimits {
  /// The widest tile, in columns of wgmma, that was compiled without a spill.
  int (*widest_columns)(const GemmConfig&);
  /// Stages that a k-group needs: one is multiplied while the next is filled; two where a stage is given back
  /// only when the product after it has been issued.
  int stages_a_group;
  /// Of a tile that breaks nothing else; null where there is nothing to add.
  std::optional<Violation> (*own)(const GemmConfig&);
  /// Whether a warpgroup may have a tile for itself: where sums are promoted, another must multiply
  /// meanwhile.
  bool ping_pong = false;
};

/// TMA coordinates are 32-bit.
inline constexpr std::int64_t kLargestSize = INT32_MAX;

inline constexpr int kMostStages = 32;

/// Tiles of D, in units of clusters; of groups of rows as their first draw has them, of those that share out
/// K of all.
struct TileCount {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t m_of_product = 0;  ///< of the largest group; M where there are none
  std::int64_t total() const { return m * n; }
};
TileCount cluster_tiles(const GemmConfig& config, const Problem& problem);

/// k-blocks of the problem, the last one perhaps cut short.
std::int64_t k_blocks(const GemmConfig& config, const Problem& problem);

// The first constraint that is broken: `must` of those without which the kernel cannot run or is wrong,
// `pruned` of those without which it is a waste here. Of the tile: the parameters before "stages" alone. The
// others are asked once the tile has passed, `pruned_launch` once all `must` hold.
std::optional<Violation> must_tile(const GemmConfig& config, const Problem& problem,
                                   const GemmLimits& limits);
std::optional<Violation> pruned_tile(const GemmConfig& config, const Problem& problem);
std::optional<Violation> must_launch(const GemmConfig& config, const DeviceLimits& device,
                                     const GemmLimits& limits);
std::optional<Violation> pruned_launch(const GemmConfig& config, const Problem& problem,
                                       const DeviceLimits& device);

/// Why no configuration can compute the problem: sizes and leading dimensions that TMA cannot address.
std::optional<Violation> unsupported_problem(const Problem& problem);

}  // namespace gemmtune::family
