#include "stats/draws.h"

#include "stats/summary.h"
#include "util/error.h"

#include <numeric>
#include <utility>

namespace gemmtune::stats {

OverDraws over_draws(std::span<const double> samples, std::span<const std::size_t> draw_of,
                     std::size_t draws) {
  OverDraws over{{samples.begin(), samples.end()}, {}};
  if (draws < 2) return over;
  ensure(samples.size() == draw_of.size(), "each sample has a draw");
  std::vector<std::vector<double>> of_draw(draws);
  for (std::size_t i = 0; i < samples.size(); ++i) of_draw.at(draw_of[i]).push_back(samples[i]);
  std::vector<double> median_of(draws);
  for (std::size_t draw = 0; draw < draws; ++draw) {
    if (of_draw[draw].empty()) continue;
    median_of[draw] = median(std::move(of_draw[draw]));
    over.medians.push_back(median_of[draw]);
  }
  const double mean = std::accumulate(over.medians.begin(), over.medians.end(), 0.0) /
                      static_cast<double>(over.medians.size());
  for (std::size_t i = 0; i < samples.size(); ++i) over.samples[i] *= mean / median_of[draw_of[i]];
  return over;
}

}  // namespace gemmtune::stats
