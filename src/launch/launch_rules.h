// Arguments of a launch that follow from the problem by rule: what the words of a space stand for, and what a
// loader tries where nobody tuned.
#pragma once

#include "util/integers.h"

#include <algorithm>
#include <cstdint>

namespace gemmtune::launch {

/// The fewest clusters that keep the number of waves over `tiles` that `most` clusters have. Fewer CTAs read
/// less through L2 at once and leave power for the clock.
inline std::int64_t fewest_clusters(std::int64_t tiles, std::int64_t most) {
  return ceil_div(tiles, ceil_div(tiles, most));
}

/// A cluster may not cross a GPC, of which some have an odd SM or two. On three H100s clusters of 3 on 114 of
/// 132 SMs and of 4 on 112 took what was expected, on 120 and on 128 one and a half times as long: what finds
/// no room begins when others have ended.
inline std::int64_t clusters_at_once(std::int64_t sms, std::int64_t cluster) {
  constexpr std::int64_t kLeftOver = 18;
  return std::max<std::int64_t>(1, (cluster > 2 ? sms - kLeftOver : sms) / cluster);
}

/// Whether L2 had better give up lines of B before others. Keeping what is not read again would only push A
/// out, and dirty lines to memory. In one band of the raster B is read by CTAs that run at one time; beside a
/// D that is a quarter of the L2 it had better stay.
inline bool evicts_b_first(std::int64_t tiles_m, std::int64_t raster, std::int64_t d_bytes) {
  constexpr std::int64_t kLargeD = 12'500'000;
  return tiles_m <= raster && d_bytes <= kLargeD;
}

}  // namespace gemmtune::launch
