#include "tune/finalists.h"

#include "stats/racers.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

namespace gemmtune::tune {

namespace {

bool timed(const Row& row) {
  return row.invalidity == Invalidity::correct && row.time_us;
}

std::map<std::string, std::vector<Row>> by_provider(const std::vector<Row>& rows) {
  std::map<std::string, std::vector<Row>> providers;
  for (const Row& row : rows) providers[row.provider].push_back(row);
  return providers;
}

}  // namespace

std::vector<Row> nearest(std::vector<Row> screened, const Nearness& near) {
  std::erase_if(screened, [](const Row& row) { return !timed(row); });
  std::sort(screened.begin(), screened.end(), [](const Row& a, const Row& b) {
    return *a.time_us != *b.time_us ? *a.time_us < *b.time_us : config_id(a.config) < config_id(b.config);
  });
  if (screened.empty()) return screened;
  const double limit_us = *screened.front().time_us * (1 + near.within);
  const auto beyond =
      std::find_if(screened.begin(), screened.end(), [&](const Row& row) { return *row.time_us > limit_us; });
  const auto within = static_cast<std::size_t>(beyond - screened.begin());
  const std::size_t wanted = std::min(std::max(within, near.least), near.most);
  if (screened.size() > wanted) screened.resize(wanted);
  return screened;
}

std::vector<Row> fastest(std::vector<Row> screened, std::size_t count) {
  return nearest(std::move(screened), {std::numeric_limits<double>::infinity(), 0, count});
}

std::vector<Row> near_best_of(const std::vector<Row>& screened) {
  return nearest(screened, kNearBest);
}

std::vector<Row> finalists_of(const std::vector<Row>& near_best, std::size_t most) {
  return nearest(near_best, {kFinalistsWithin, kLeastFinalists, most});
}

std::vector<Row> near_best_answers(const std::vector<Row>& screened) {
  std::vector<Row> chosen;
  for (const auto& [name, rows] : by_provider(screened)) {
    const std::vector<Row> near = nearest(rows, kNearBestAnswers);
    chosen.insert(chosen.end(), near.begin(), near.end());
  }
  return chosen;
}

std::vector<Row> best_answers(const std::vector<Row>& near_best, const std::vector<Row>& screened) {
  std::vector<Row> chosen;
  for (const auto& [name, rows] : by_provider(near_best)) {
    const std::vector<Row> best = fastest(rows, 1);
    chosen.insert(chosen.end(), best.begin(), best.end());
  }
  const Config first = {{"answer", 0}};
  const auto is_first = [&](const Row& row) {
    return row.provider == provider::kCublasLtBlock && row.config == first && timed(row);
  };
  if (std::none_of(chosen.begin(), chosen.end(), is_first))
    std::copy_if(screened.begin(), screened.end(), std::back_inserter(chosen), is_first);
  return chosen;
}

Row* winner_of(std::vector<Row>& raced) {
  std::vector<Row*> ours;
  std::vector<stats::Racer> racers;
  for (Row& row : raced)
    if (row.provider == provider::kGemmtune && timed(row)) {
      ours.push_back(&row);
      racers.push_back(stats::racer_of(row));
    }
  return ours.empty() ? nullptr : ours[stats::pick(racers, stats::tie_set(racers))];
}

}  // namespace gemmtune::tune
