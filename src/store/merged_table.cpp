#include "store/merged_table.h"

#include "core/json.h"
#include "core/serialise.h"
#include "store/journal_lines.h"
#include "store/sustained.h"
#include "store/table.h"

#include <algorithm>
#include <charconv>
#include <iterator>
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
  return place_of(line, "\"time_us\":null") == std::string_view::npos;
}

bool is_sustained(std::string_view line) {
  return first_text_of(line, "stage") == to_string(Stage::sustained);
}

bool is_screened(std::string_view line) {
  return first_text_of(line, "stage") == to_string(Stage::screen);
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
  const ProblemNumber problem = number_of(first_text_of(line, "problem_id"));
  const auto [found, is_new] = problems_.try_emplace(problem);
  if (is_new) found->second.order = problems_.size();
  note_tried(found->second, line);
  const bool screened = is_screened(line);
  if (is_ours(line) && is_timed(line) && !is_sustained(line))
    (screened ? last_screened_ : last_raced_) = line;
  Race& race = racing_[std::string(first_text_of(line, "run_id"))];
  if (race.problem != problem) end_race(race);
  race.problem = problem;
  if (!screened) race.rows.push_back(row_of(line));
}

void MergedTable::note_tried(Tried& tried, const std::string& line) {
  static const std::string kNone = config_id({});
  const std::string_view config = first_text_of(line, "config_id");
  if (!is_ours(line) || config == kNone) return;
  const std::string_view run = first_text_of(line, "run_id");
  if (std::ranges::find(tried.runs, run) == tried.runs.end()) tried.runs.emplace_back(run);
  constexpr std::size_t kSpare = 64;
  if (tried.configs.size() >= 2 * tried.distinct + kSpare) {
    leave_distinct(tried.configs);
    tried.distinct = tried.configs.size();
  }
  tried.configs.push_back(number_of(config));
}

/// The later race of a problem stands, since finalists of two runs are not compared. That of a run that was
/// killed ends with the journal. Rows back to back wait until all have ended: a run that added theirs may end
/// its own before that of the race in bursts does.
void MergedTable::end_race(Race& race) {
  if (race.rows.empty()) return;
  std::string time = race.rows.back().timestamp;
  std::vector<Row> in_bursts;
  for (Row& row : std::exchange(race.rows, {}))
    (row.stage == Stage::sustained ? sustained_[race.problem] : in_bursts).push_back(std::move(row));
  if (in_bursts.empty()) return;
  Table table = table_of(std::move(in_bursts));
  if (table.entries.empty()) return;
  Raced& raced = raced_[race.problem];
  if (raced.time <= time) raced = {std::move(time), std::move(table.entries.front())};
}

/// As build_table has them: by all races back to back, whichever run held them.
void MergedTable::add_sustained() {
  for (auto& [problem, rows] : sustained_) {
    const auto raced = raced_.find(problem);
    if (raced == raced_.end()) continue;
    std::ranges::stable_sort(rows, {}, &Row::timestamp);
    rows = latest(std::move(rows));
    std::vector<const Row*> pointers;
    for (const Row& row : rows) pointers.push_back(&row);
    raced->second.entry.sustained = sustained_winner(raced->second.entry, pointers);
  }
}

Table MergedTable::table_of(std::vector<Row> rows) const {
  Journal journal;
  journal.rows = latest(std::move(rows));
  for (const RunHeader& header : headers_)
    if (std::ranges::any_of(journal.rows, [&](const Row& row) { return row.run_id == header.run_id; }))
      journal.headers.push_back(header);
  if (journal.headers.empty()) journal.headers = headers_;
  return build_table(journal);
}

std::vector<Row> MergedTable::rows_of_unraced(const std::filesystem::path& path) {
  std::vector<Row> rows;
  const auto is_unraced = [&](ProblemNumber problem) {
    return !raced_.contains(problem) && !problems_.at(problem).configs.empty();
  };
  if (std::ranges::none_of(problems_, [&](const auto& problem) { return is_unraced(problem.first); }))
    return rows;
  JournalLines lines(path);
  std::vector<std::string> damaged;
  while (lines.next(damaged)) {
    if (lines.record() != "row") continue;
    const ProblemNumber problem = number_of(first_text_of(lines.text(), "problem_id"));
    if (!is_unraced(problem)) continue;
    rows.push_back(row_of(lines.text()));
    unraced_.emplace(problem_id(rows.back().problem), problem);
  }
  return rows;
}

std::int64_t MergedTable::candidates_of(ProblemNumber problem) {
  std::vector<std::uint64_t>& configs = problems_.at(problem).configs;
  leave_distinct(configs);
  return static_cast<std::int64_t>(configs.size());
}

std::vector<std::string> MergedTable::strategies_of(ProblemNumber problem) const {
  std::vector<const RunHeader*> runs;
  for (const std::string& id : problems_.at(problem).runs) {
    const auto header = std::ranges::find(headers_, id, &RunHeader::run_id);
    runs.push_back(header == headers_.end() ? nullptr : &*header);
  }
  return gemmtune::strategies_of(runs);
}

Table MergedTable::build(const std::filesystem::path& journal) {
  for (auto& [run, race] : racing_) end_race(race);
  add_sustained();
  std::vector<Row> rows = rows_of_unraced(journal);
  // The last rows of all say which machine and which policies the table is of.
  for (const std::string* line : {&last_screened_, &last_raced_})
    if (!line->empty()) rows.push_back(row_of(*line));
  std::ranges::stable_sort(rows, {}, &Row::timestamp);
  Table table = table_of(std::move(rows));

  std::vector<std::pair<std::size_t, TableEntry>> entries;
  const auto add = [&](ProblemNumber problem, TableEntry entry) {
    entry.candidates = candidates_of(problem);
    entry.strategies = strategies_of(problem);
    entries.emplace_back(problems_.at(problem).order, std::move(entry));
  };
  for (TableEntry& entry : table.entries)
    if (const auto problem = unraced_.find(problem_id(entry.problem)); problem != unraced_.end())
      add(problem->second, std::move(entry));
  for (auto& [problem, raced] : raced_) add(problem, std::move(raced.entry));
  std::ranges::sort(entries, {}, &std::pair<std::size_t, TableEntry>::first);
  table.entries.clear();
  for (auto& [order, entry] : entries) table.entries.push_back(std::move(entry));
  const auto of_another_board = [&](const TableEntry& entry) {
    return entry.board_uuid != table.entries.front().board_uuid;
  };
  if (std::ranges::any_of(table.entries, of_another_board)) table.environment.uuid.clear();
  return table;
}

}  // namespace gemmtune::store
