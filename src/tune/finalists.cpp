#include "tune/finalists.h"

#include "stats/racers.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace gemmtune::tune {

namespace {

bool timed(const Row& row) {
  return row.invalidity == Invalidity::correct && row.time_us;
}

double median_us(const Row& row) {
  return *row.time_us;
}

double low_end_us(const Row& row) {
  return row.time_us_low.value_or(*row.time_us);
}

/// The correct rows, by `time_us`.
template <typename TimeUs>
std::vector<Row> in_order(std::vector<Row> rows, TimeUs time_us) {
  std::erase_if(rows, [](const Row& row) { return !timed(row); });
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return time_us(a) != time_us(b) ? time_us(a) < time_us(b) : config_id(a.config) < config_id(b.config);
  });
  return rows;
}

std::map<std::string, std::vector<Row>> by_provider(const std::vector<Row>& rows) {
  std::map<std::string, std::vector<Row>> providers;
  for (const Row& row : rows) providers[row.provider].push_back(row);
  return providers;
}

}  // namespace

std::vector<Row> nearest(std::vector<Row> screened, const Nearness& near) {
  std::vector<Row> rows = in_order(std::move(screened), low_end_us);
  if (rows.empty()) return rows;
  const double limit_us = low_end_us(rows.front()) * (1 + near.within);
  const auto beyond =
      std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return low_end_us(row) > limit_us; });
  const auto within = static_cast<std::size_t>(beyond - rows.begin());
  const std::size_t wanted = std::min(std::max(within, near.least), near.most);
  if (rows.size() > wanted) rows.resize(wanted);
  return rows;
}

std::vector<Row> fastest(std::vector<Row> screened, std::size_t count) {
  std::vector<Row> rows = in_order(std::move(screened), median_us);
  if (rows.size() > count) rows.resize(count);
  return rows;
}

std::vector<Row> near_best_of(const std::vector<Row>& screened, std::size_t most) {
  return nearest(screened, {kNearBest.within, kNearBest.least, most});
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

std::string kernel_as_kind(const Row& row) {
  return row.kernel_hash.empty() ? config_id(row.config) : row.kernel_hash;
}

std::vector<Row> sustained_finalists(std::vector<Row> raced, std::size_t most, const PowerKind& kind) {
  const Row* const winner = winner_of(raced);
  if (winner == nullptr) return {};
  std::vector<Row> chosen = {*winner};
  std::erase_if(raced, [](const Row& row) { return row.provider != provider::kGemmtune; });
  for (Row& row : in_order(std::move(raced), median_us)) {
    if (chosen.size() >= most) break;
    if (std::ranges::none_of(chosen, [&](const Row& other) { return kind(row) == kind(other); }))
      chosen.push_back(std::move(row));
  }
  return chosen;
}

std::vector<Row*> fastest_of_libraries(std::vector<Row>& raced) {
  std::map<std::string, Row*> fastest;
  for (Row& row : raced) {
    if (row.provider == provider::kGemmtune || !timed(row)) continue;
    Row*& best = fastest[row.provider];
    if (best == nullptr || median_us(row) < median_us(*best)) best = &row;
  }
  std::vector<Row*> rows;
  for (const auto& [name, row] : fastest) rows.push_back(row);
  return rows;
}

}  // namespace gemmtune::tune
