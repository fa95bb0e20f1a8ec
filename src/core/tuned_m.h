// What a sweep knows of one problem among those that differ in M alone.
#pragma once

#include "core/config.h"
#include "core/problem.h"

#include <map>
#include <optional>
#include <vector>

namespace gemmtune {

/// A configuration that loses more at an M than this does not answer for it. NOTES: a third of what anchors
/// at powers of two alone lose (12.7 % at p95 44 %, of the kernel before tails), and above the 1.3 % by which
/// three samples scatter.
inline constexpr double kStepLoses = 0.02;

struct TunedM {
  Problem problem;
  std::vector<Config> ranked;  ///< those that were raced, the winner first, then by their time
  std::map<Config, double>
      losses;  ///< of each that was timed: its time over the winner's, less 1; not below 0

  /// Nothing where it was not timed, or failed.
  std::optional<double> loss(const Config& config) const {
    const auto found = losses.find(config);
    return found == losses.end() ? std::nullopt : std::optional(found->second);
  }

  /// Whether it was timed and may answer here.
  bool is_served_by(const Config& config) const {
    const auto there = loss(config);
    return there && *there <= kStepLoses;
  }
};

}  // namespace gemmtune
