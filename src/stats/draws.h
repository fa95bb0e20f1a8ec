// Times of launches that take turns over several draws of one distribution: sizes of groups, say.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gemmtune::stats {

/// One figure for all draws, whose times differ by far more than launches of one draw do.
struct OverDraws {
  /// Each sample times the mean of the draws' medians over the median of its own draw: they scatter as
  /// launches of one draw do, about that mean. Of a single draw the samples themselves.
  std::vector<double> samples;
  std::vector<double> medians;  ///< of each draw that has samples, in order; of a single draw none
};

/// `draw_of[i]`, below `draws`, is what sample i was taken on. All samples are positive.
OverDraws over_draws(std::span<const double> samples, std::span<const std::size_t> draw_of,
                     std::size_t draws);

}  // namespace gemmtune::stats
