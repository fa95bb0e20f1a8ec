#include "store/merged_table.h"

#include "core/json.h"
#include "core/serialise.h"
#include "store/journal_lines.h"
#include "store/table.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

namespace gemmtune::store {

namespace {

std::uint64_t number_of(std::string_view id) {
  std::uint64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number, 16);
  return number;
}

void leave_distinct(std::vector<std::uint64_t>& numbers) {
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

bool is_ours(std::string_view line) {
  return first_text_of(line, "provider") == provider::kGemmtune;
}

bool is_timed(std::string_view line) {
  return line.find("\"time_us\":null") == std::string_view::npos;
}

Row row_of(const std::string& line) {
  return from_json<Row>(parse_json(line));
}

/// One an id, the later one: as a journal is read.
std::vector<Row> latest(std::vector<Row> rows) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < rows.size(); ++i) places[row_id(rows[i])] = i;
  std::vector<Row> kept;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (places.at(row_id(rows[i])) == i) kept.push_back(std::move(rows[i]));
  return kept;
}

}  // namespace

void MergedTable::add_row(const std::string& line) {
  const auto [found, is_new] = problems_.try_emplace(number_of(first_text_of(line, "problem_id")));
  Tried& tried = found->second;
  if (is_new) tried.order = problems_.size();
  const bool ours = is_ours(line);
  const std::string_view config = first_text_of(line, "config_id");
  static const std::string kNone = config_id({});
  if (ours && config != kNone) {
    if (tried.configs.size() >= 2 * tried.distinct + 64) {
      leave_distinct(tried.configs);
      tried.distinct = tried.configs.size();
    }
    tried.configs.push_back(number_of(config));
  }
  if (first_text_of(line, "stage") == to_string(Stage::screen)) {
    if (ours && is_timed(line)) last_screened_ = line;
    return;
  }
  tried.raced = tried.raced || (ours && is_timed(line));
  journal_.rows.push_back(row_of(line));
}

void MergedTable::keep_rows_of_unraced(const std::filesystem::path& path) {
  JournalLines lines(path);
  std::vector<std::string> damaged;
  std::vector<Row> rows;
  while (lines.next(damaged)) {
    if (lines.record() != "row") continue;
    if (first_text_of(lines.text(), "stage") != to_string(Stage::screen)) continue;
    if (!problems_.at(number_of(first_text_of(lines.text(), "problem_id"))).raced)
      rows.push_back(row_of(lines.text()));
  }
  // Which policy of screening counts is that of the last row of all.
  if (!last_screened_.empty()) rows.push_back(row_of(last_screened_));
  rows.insert(rows.end(), std::make_move_iterator(journal_.rows.begin()),
              std::make_move_iterator(journal_.rows.end()));
  std::ranges::stable_sort(rows, {}, &Row::timestamp);
  journal_.rows = std::move(rows);
}

Table MergedTable::build(const std::filesystem::path& journal) {
  const auto is_unraced = [](const auto& problem) {
    return !problem.second.raced && !problem.second.configs.empty();
  };
  if (std::ranges::any_of(problems_, is_unraced)) keep_rows_of_unraced(journal);
  journal_.rows = latest(std::move(journal_.rows));
  Table table = build_table(journal_);
  const auto tried_of = [&](const TableEntry& entry) -> Tried& {
    return problems_.at(number_of(problem_id(entry.problem)));
  };
  for (TableEntry& entry : table.entries) {
    Tried& tried = tried_of(entry);
    leave_distinct(tried.configs);
    entry.candidates = static_cast<std::int64_t>(tried.configs.size());
  }
  std::ranges::sort(table.entries, {}, [&](const TableEntry& entry) { return tried_of(entry).order; });
  return table;
}

}  // namespace gemmtune::store
