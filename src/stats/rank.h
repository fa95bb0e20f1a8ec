// Do two lists put things in the same order?
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace gemmtune::stats {

/// The place of each value, the smallest 1; equal ones share the mean of their places.
std::vector<double> ranks(std::span<const double> values);

/// Spearman's: 1 the same order, -1 the opposite. Nothing of fewer than two things, or where all are equal.
std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace gemmtune::stats
