#include "tune/portfolio.h"

#include "family/family.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace gemmtune::tune {

Losses losses_of(std::span<const Recorded> problems) {
  Losses losses;
  std::map<std::pair<std::string, Config>, std::size_t> places;
  std::vector<std::vector<std::size_t>> cubin_of;  // [problem][candidate]
  for (const Recorded& recorded : problems) {
    std::vector<std::size_t>& these = cubin_of.emplace_back();
    const family::Family& family = family::require(recorded.problem.kernel);
    for (const Config& config : recorded.candidates) {
      Cubin cubin{recorded.problem.kernel, family.compiled(config, recorded.problem)};
      const auto [place, is_new] = places.try_emplace({cubin.kernel, cubin.compiled}, losses.cubins.size());
      if (is_new) losses.cubins.push_back(std::move(cubin));
      these.push_back(place->second);
    }
  }
  for (std::size_t p = 0; p < problems.size(); ++p) {
    auto& loss = losses.of.emplace_back(losses.cubins.size());
    auto& best = losses.best.emplace_back(losses.cubins.size());
    const double best_us = problems[p].best_us().value();
    for (std::size_t c = 0; c < problems[p].candidates.size(); ++c) {
      if (problems[p].screened[c].invalidity != Invalidity::correct) continue;
      const auto time_us = problems[p].time_us(c);
      if (!time_us) continue;
      const double lost = std::max(0.0, *time_us / best_us - 1);
      const std::size_t cubin = cubin_of[p][c];
      if (loss[cubin] && *loss[cubin] <= lost) continue;
      loss[cubin] = lost;
      best[cubin] = c;
    }
  }
  return losses;
}

std::vector<double> shares_of(std::span<const std::size_t> layers) {
  std::map<std::size_t, double> of_layer;
  for (const std::size_t layer : layers) ++of_layer[layer];
  std::vector<double> shares;
  for (const std::size_t layer : layers)
    shares.push_back(static_cast<double>(layers.size()) /
                     (static_cast<double>(of_layer.size()) * of_layer[layer]));
  return shares;
}

std::vector<std::size_t> greedy_cover(const Losses& losses, std::span<const double> weights,
                                      std::size_t most) {
  const double worst = std::log1p(kNotCovered);
  const auto cost = [&](const std::optional<double>& loss) {
    return loss ? std::min(worst, std::log1p(*loss)) : worst;
  };
  std::vector<double> left(losses.of.size(), worst);
  std::vector<std::size_t> chosen;
  while (chosen.size() < most) {
    double most_gained = 1e-9;  // of a time as good as none
    std::optional<std::size_t> next;
    for (std::size_t cubin = 0; cubin < losses.cubins.size(); ++cubin) {
      double gained = 0;
      for (std::size_t p = 0; p < left.size(); ++p)
        gained += weights[p] * std::max(0.0, left[p] - cost(losses.of[p][cubin]));
      if (gained <= most_gained) continue;
      most_gained = gained;
      next = cubin;
    }
    if (!next) break;
    chosen.push_back(*next);
    for (std::size_t p = 0; p < left.size(); ++p) left[p] = std::min(left[p], cost(losses.of[p][*next]));
  }
  return chosen;
}

std::vector<std::optional<double>> covered(const Losses& losses, std::span<const std::size_t> chosen) {
  std::vector<std::optional<double>> least(losses.of.size());
  for (std::size_t p = 0; p < least.size(); ++p)
    for (const std::size_t cubin : chosen)
      if (const auto loss = losses.of[p][cubin]; loss && (!least[p] || *loss < *least[p])) least[p] = loss;
  return least;
}

}  // namespace gemmtune::tune
