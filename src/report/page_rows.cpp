#include "report/page_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace gemmtune::report {

namespace {

using Rows = std::vector<const Row*>;

/// The pairs of values of one problem for which a row was met.
class MetPairs {
 public:
  /// Whether `config` has a pair of values that none before it had.
  bool add(const Config& config) {
    bool is_new = false;
    for (auto a = config.begin(); a != config.end(); ++a)
      for (auto b = std::next(a); b != config.end(); ++b)
        is_new |= met_.insert({number_of(a->first), a->second, number_of(b->first), b->second}).second;
    return is_new;
  }

 private:
  std::int64_t number_of(const std::string& parameter) {
    return numbers_.emplace(parameter, static_cast<std::int64_t>(numbers_.size())).first->second;
  }

  std::map<std::string, std::int64_t> numbers_;
  std::set<std::array<std::int64_t, 4>> met_;
};

bool may_be_in_a_cell(const Row& row) {
  return row.provider == provider::kGemmtune && row.stage == Stage::screen && row.time_us.has_value();
}

/// Of each problem's rows, the fastest first, one by one: its first rows, then its second ones, …
Rows in_turn(const Rows& fastest_first) {
  std::unordered_map<std::string, std::size_t> taken;
  std::vector<std::pair<std::size_t, const Row*>> ranked;
  for (const Row* row : fastest_first) ranked.emplace_back(++taken[problem_id(row->problem)], row);
  std::ranges::stable_sort(ranked, {}, &std::pair<std::size_t, const Row*>::first);
  Rows rows;
  for (const auto& [rank, row] : ranked) rows.push_back(row);
  return rows;
}

}  // namespace

Rows page_rows(const Journal& journal, std::size_t most) {
  Rows all;
  for (const Row& row : journal.rows) all.push_back(&row);
  if (all.size() <= most) return all;
  std::ranges::stable_sort(all, {}, [](const Row* row) { return row->time_us.value_or(INFINITY); });
  // Problem by problem: the pairs of all of them would take more than the rows.
  std::unordered_map<std::string, Rows> of_problem;
  for (const Row* row : all)
    if (row->stage != Stage::final && may_be_in_a_cell(*row))
      of_problem[problem_id(row->problem)].push_back(row);
  std::vector<bool> is_new(journal.rows.size());
  for (const auto& [id, rows] : of_problem) {
    MetPairs met;
    for (const Row* row : rows)
      if (met.add(row->config)) is_new[static_cast<std::size_t>(row - journal.rows.data())] = true;
  }
  Rows needed, others;
  for (const Row* row : all) {
    const bool is_needed =
        row->stage == Stage::final || is_new[static_cast<std::size_t>(row - journal.rows.data())];
    (is_needed ? needed : others).push_back(row);
  }
  Rows rows = in_turn(needed);
  const std::size_t room = most > rows.size() ? most - rows.size() : 0;
  Rows rest = in_turn(others);
  if (rest.size() > room) rest.resize(room);
  rows.insert(rows.end(), rest.begin(), rest.end());
  std::ranges::stable_sort(rows, {}, [](const Row* row) { return row->stage != Stage::final; });
  return rows;
}

}  // namespace gemmtune::report
