#include "store/sustained.h"

#include "stats/difference.h"
#include "stats/racers.h"
#include "stats/ties.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace gemmtune::store {

namespace {

using Rows = std::vector<const Row*>;

bool is_timed(const Row& row) {
  return row.provider == provider::kGemmtune && row.invalidity == Invalidity::correct && row.time_us &&
         *row.time_us > 0 && row.samples_us.size() > 1;
}

}  // namespace

Rows paired_with(const TableEntry& entry, const Rows& rows) {
  std::map<std::string, Rows> races;
  const Row* last = nullptr;
  for (const Row* row : rows) {
    if (!is_timed(*row)) continue;
    races[row->run_id + row->policy].push_back(row);
    if (row->config == entry.config) last = row;
  }
  if (last == nullptr) return {};
  Rows race = races.at(last->run_id + last->policy);
  std::erase_if(race, [&](const Row* row) { return row->samples_us.size() != last->samples_us.size(); });
  return race;
}

std::optional<SustainedWinner> sustained_winner(const TableEntry& entry, const Rows& rows) {
  const Rows race = paired_with(entry, rows);
  if (race.size() < 2) return std::nullopt;
  std::vector<stats::Racer> racers;
  for (const Row* row : race) racers.push_back(stats::racer_of(*row));
  const std::vector<std::size_t> ties = stats::tie_set(racers);
  const auto burst = static_cast<std::size_t>(
      std::ranges::find(race, entry.config, [](const Row* row) { return row->config; }) - race.begin());
  const std::size_t won = std::ranges::find(ties, burst) == ties.end() ? stats::pick(racers, ties) : burst;

  const Row& row = *race[won];
  SustainedWinner winner;
  winner.config = row.config;
  winner.kernel_hash = row.kernel_hash;
  winner.code_hash = row.code_hash.value_or("");
  winner.policy = row.policy;
  winner.time_us = *row.time_us;
  winner.time_us_low = row.time_us_low.value_or(*row.time_us);
  winner.time_us_high = row.time_us_high.value_or(*row.time_us);
  winner.energy_j = row.energy_j;
  if (won == burst) return winner;
  const double estimate = std::log(racers[won].time / racers[burst].time);
  const stats::Interval logs =
      stats::placed_difference(estimate, racers[burst].places, racers[won].places).interval(0.95);
  winner.over_burst = std::exp(estimate);
  winner.over_burst_low = std::exp(logs.low);
  winner.over_burst_high = std::exp(logs.high);
  return winner;
}

}  // namespace gemmtune::store
