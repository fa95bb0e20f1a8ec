// A line through points.
#pragma once

#include <utility>
#include <vector>

namespace gemmtune {

/// At `x`: from (0, `at_zero`) through the points, which ascend and are at least one; past the last one on as
/// before it.
inline double interpolated(double at_zero, const std::vector<std::pair<double, double>>& points, double x) {
  std::pair<double, double> left{0, at_zero};
  double slope = 0;
  for (const auto& right : points) {
    slope = (right.second - left.second) / (right.first - left.first);
    if (x <= right.first) break;
    left = right;
  }
  return left.second + slope * (x - left.first);
}

}  // namespace gemmtune
