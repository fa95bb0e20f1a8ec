#include "stats/false_discovery.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gemmtune::stats {

std::vector<double> adjusted_for_many(const std::vector<double>& p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (!std::isnan(p_values[i])) order.push_back(i);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return p_values[a] > p_values[b]; });
  std::vector<double> adjusted = p_values;
  const auto tests = static_cast<double>(order.size());
  double smallest = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double rank = tests - static_cast<double>(i);
    smallest = std::min(smallest, p_values[order[i]] * tests / rank);
    adjusted[order[i]] = smallest;
  }
  return adjusted;
}

}  // namespace gemmtune::stats
