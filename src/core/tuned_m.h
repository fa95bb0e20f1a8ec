// What a sweep knows of one problem among those that differ in M alone.
#pragma once

#include "core/config.h"
#include "core/problem.h"

#include <map>
#include <optional>
#include <vector>

namespace gemmtune {

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
};

}  // namespace gemmtune
