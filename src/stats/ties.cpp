#include "stats/ties.h"

#include "stats/difference.h"
#include "util/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace gemmtune::stats {

namespace {

bool may_win_elsewhere(const Racer& fastest, const Racer& other) {
  const double estimate = std::log(other.time / fastest.time);
  return placed_difference(estimate, fastest.places, other.places).chance_of_less() > kMayWin;
}

bool tied(const Racer& fastest, const Racer& other) {
  if (other.time - fastest.time < kTieFraction * fastest.time) return true;
  const bool placed = fastest.places.size() > 1 && other.places.size() == fastest.places.size();
  return placed ? may_win_elsewhere(fastest, other) : other.low <= fastest.high;
}

}  // namespace

std::vector<std::size_t> tie_set(const std::vector<Racer>& racers) {
  std::vector<std::size_t> order(racers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(racers[a].time, racers[a].id) < std::tie(racers[b].time, racers[b].id);
  });
  std::erase_if(order, [&](std::size_t i) { return !tied(racers[order.front()], racers[i]); });
  return order;
}

std::size_t pick(const std::vector<Racer>& racers, const std::vector<std::size_t>& ties) {
  ensure(!ties.empty(), "a winner of nobody");
  const double limit = racers[ties.front()].time * (1 + kPickFraction);
  const auto beyond =
      std::find_if(ties.begin(), ties.end(), [&](std::size_t i) { return racers[i].time > limit; });
  return *std::min_element(ties.begin(), beyond, [&](std::size_t a, std::size_t b) {
    const Racer &x = racers[a], &y = racers[b];
    return std::tie(x.num_sms, x.smem_bytes, x.id) < std::tie(y.num_sms, y.smem_bytes, y.id);
  });
}

}  // namespace gemmtune::stats
