#include "family/scaled_1d2d.h"

#include <numeric>

namespace gemmtune::family {

namespace {

/// The most columns whose accumulators (one set that sums, one that wgmma writes) fit the register budget
/// without a spill, found by compiling every width with NVRTC 13.0: see kernels/README.md, "Registers".
int widest_columns_straight(const GemmConfig& c) {
  const bool plain = c.out_bytes == 2 && !c.accumulate;
  if (c.block_m == 256 && c.k_groups == 1) return 128;
  if (c.block_m == 256) return c.split_k <= (plain ? 3 : 2) ? 56 : plain ? 48 : 40;
  if (c.math_warpgroups() == 3) return c.split_k > 1 ? 96 : c.loads_c() ? 120 : 144;
  if (c.k_groups == 4) return c.split_k == 1 ? 88 : 80;
  // Over groups, with A multicast, 88 columns spill 4 bytes.
  if (c.math_warpgroups() == 4) return c.split_k <= 3 && c.groups == 0 ? 88 : 80;
  return 192;
}

/// The same of swapped tiles, up to the width that was compiled; scales of the columns take registers too.
int widest_columns_swapped(const GemmConfig& c) {
  if (c.rows() == 256) return c.k_groups == 1 ? 96 : 48;
  if (c.math_warpgroups() == 3) return 120;
  if (c.math_warpgroups() == 4) return 80;
  return 176;
}

}  // namespace

int widest_columns_1d2d(const GemmConfig& c) {
  return c.swap_ab ? widest_columns_swapped(c) : widest_columns_straight(c);
}

std::optional<Violation> scales_violation_1d2d(const GemmConfig& c) {
  if (c.loads_c() && c.block_m == 256 && c.block_n == 120)
    return Violation{"registers",
                     "block_n 120 with block_m 256 needs more registers than a thread has where C is added "
                     "in BF16: each eight of its columns may lie under either scale of B"};
  // Tiles start at multiples of block_n, so the first one reaches gcd(block_n, 128) steps into a scale
  // column; the worst start is 128 - gcd.
  if (!c.swap_ab && c.block_n > 128 + std::gcd(c.block_n, 128))
    return Violation{"scale_columns",
                     "tiles of {} columns can straddle three 128-wide scale columns of B; the kernel selects "
                     "between two",
                     c.block_n};
  return std::nullopt;
}

}  // namespace gemmtune::family
