#include "accuracy/exact_product.h"

#include "accuracy/panels.h"
#include "accuracy/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gemmtune::accuracy {

namespace {

Quantised magnitudes(Quantised factor) {
  for (float& element : factor.elements) element = std::abs(element);
  return factor;
}

}  // namespace

Quantised original(const Sample& sample) {
  Quantised all;
  all.rows = static_cast<std::int64_t>(sample.rows.size());
  all.k = all.group = sample.k;
  for (const std::int64_t row : sample.rows) {
    const std::span<const float> values = sample.row(row);
    all.elements.insert(all.elements.end(), values.begin(), values.end());
  }
  all.scales.assign(sample.rows.size(), 1);
  return all;
}

std::vector<double> exact_product(const Quantised& a, const Quantised& b, unsigned threads) {
  const auto panels = panels_of<float>(b, [](float element) { return element; });
  const auto k = static_cast<std::size_t>(a.k), columns = static_cast<std::size_t>(b.rows);
  const auto group = static_cast<std::size_t>(a.group), groups = static_cast<std::size_t>(a.groups());
  std::vector<double> product(static_cast<std::size_t>(a.rows) * columns);
  parallel_for(a.rows, threads, [&](std::int64_t i) {
    const auto row = static_cast<std::size_t>(i);
    for (std::size_t panel = 0; panel * kLanes < columns; ++panel) {
      Lanes<double> sums{};
      for (std::size_t g = 0; g < groups; ++g) {
        Lanes<double> part{};
        for (std::size_t at = g * group; at < std::min(k, (g + 1) * group); ++at) {
          const double element = a.elements[row * k + at];
          const Lanes<float>& others = panels[panel * k + at];
          for (std::size_t lane = 0; lane < kLanes; ++lane) part[lane] += element * others[lane];
        }
        const double scale = a.scales[row * groups + g];
        const Lanes<float> scales = scales_of_panel(b, panel, g);
        for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += part[lane] * (scale * scales[lane]);
      }
      for (std::size_t lane = 0; lane < std::min(kLanes, columns - panel * kLanes); ++lane)
        product[row * columns + panel * kLanes + lane] = sums[lane];
    }
  });
  return product;
}

std::vector<double> product_of_magnitudes(const Quantised& a, const Quantised& b, unsigned threads) {
  return exact_product(magnitudes(a), magnitudes(b), threads);
}

}  // namespace gemmtune::accuracy
