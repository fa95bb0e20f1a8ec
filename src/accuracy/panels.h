// B's rows side by side, so that one step of K is one vector of neighbouring columns of D.
#pragma once

#include "accuracy/quantise.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace gemmtune::accuracy {

inline constexpr std::size_t kLanes = 8;

template <typename Number>
using Lanes = std::array<Number, kLanes>;

/// Rows in panels of kLanes, [k][lane] each; lanes past the last row are zero. `made_of(element)` is what is
/// stored of an element.
template <typename Number, typename MadeOf>
std::vector<Lanes<Number>> panels_of(const Quantised& factor, const MadeOf& made_of) {
  const auto rows = static_cast<std::size_t>(factor.rows), k = static_cast<std::size_t>(factor.k);
  std::vector<Lanes<Number>> panels((rows + kLanes - 1) / kLanes * k, Lanes<Number>{});
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < k; ++column)
      panels[row / kLanes * k + column][row % kLanes] = made_of(factor.elements[row * k + column]);
  return panels;
}

/// The scales of a panel's rows for a group of K.
inline Lanes<float> scales_of_panel(const Quantised& factor, std::size_t panel, std::size_t group) {
  Lanes<float> scales{};
  const auto rows = static_cast<std::size_t>(factor.rows), groups = static_cast<std::size_t>(factor.groups());
  for (std::size_t lane = 0; lane < std::min(kLanes, rows - panel * kLanes); ++lane)
    scales[lane] = factor.scales[(panel * kLanes + lane) * groups + group];
  return scales;
}

}  // namespace gemmtune::accuracy
