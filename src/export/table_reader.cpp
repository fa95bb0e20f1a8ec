#include "export/table_reader.h"

#include "export/candidates.h"
#include "store/table.h"
#include "util/error.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace gemmtune::exports {

namespace {

/// Entries of the problems that differ in M alone, by M; of two with one M the first. Of groups along K, here
/// and below, K is in its place.
using Series = std::map<std::int64_t, const ReadEntry*>;

bool selects(const ProblemField& field) {
  return (field.is & ProblemField::kSelects) != 0;
}

/// What must be the same for an answer.
std::string key_of(const Problem& problem) {
  std::string key;
  const bool by_k = problem.shares_out_k();
  for (const ProblemField& field : kProblemFields) {
    const std::string_view name = field.key;
    const bool aside = by_k && (name == "k" || field.columns == &Problem::k);
    if ((selects(field) && !aside) || (by_k && name == "m")) key += text_of(value_of(problem, field)) + ",";
  }
  return key;
}

void compare_with_table(const Series& series, std::int64_t m, const Source& source) {
  const auto above = series.lower_bound(m);
  const ReadEntry& read = *(above == series.end() ? std::prev(above) : above)->second;
  Problem asked = read.problem;
  (asked.shares_out_k() ? asked.k : asked.m) = m;
  const store::Lookup meant = store::lookup(source.table, asked);
  ensure(meant.entry != nullptr && meant.entry->problem.nearest_size() == read.problem.nearest_size() &&
             meant.entry->config == read.config && meant.entry->time_us == read.time_us,
         "the exported file answers otherwise than the table for " + describe(asked));
}

std::string range(std::int64_t from, std::int64_t to) {
  return from == to ? std::to_string(from) : std::to_string(from) + ".." + std::to_string(to);
}

void add_row(report::Grid& grid, const ReadEntry& read, const std::string& m) {
  const Problem& p = read.problem;
  const bool by_k = p.shares_out_k();
  grid.rows.push_back({kernel_and_form(p), p.n, by_k ? report::Cell(m) : p.k, by_k ? report::Cell(p.m) : m,
                       p.nearest_size(), read.config, read.time_us});
}

void add_rows(report::Grid& grid, const Series& series) {
  std::int64_t from = 1;
  for (const auto& [m, read] : series) {
    add_row(grid, *read, range(from, m));
    from = m + 1;
  }
  add_row(grid, *series.rbegin()->second, std::to_string(from) + "..");
}

}  // namespace

bool in_answers(const ProblemField& field) {
  return (selects(field) && (field.is & ProblemField::kGroups) == 0) || std::string_view(field.key) == "m";
}

Problem problem_of(const std::function<std::string(const char* key)>& in_file, bool with_groups) {
  Problem problem;
  for (const ProblemField& field : kProblemFields) {
    if (in_answers(field)) set_field(problem, field, in_file(field.key));
    if (!with_groups || !selects(field) || (field.is & ProblemField::kGroups) == 0) continue;
    if (const std::string text = in_file(field.key); !text.empty()) set_field(problem, field, text);
  }
  return problem;
}

report::Grid what_every_m_gets(const std::vector<ReadEntry>& read, const Source& source) {
  ensure(read.size() == source.table.entries.size(), "the exported file has " + std::to_string(read.size()) +
                                                         " entries, the table " +
                                                         std::to_string(source.table.entries.size()));
  std::map<std::string, Series> all;
  std::vector<std::string> order;
  std::vector<const ReadEntry*> hidden;  ///< behind one that differs in data or scales alone
  for (const ReadEntry& entry : read) {
    const std::string key = key_of(entry.problem);
    if (!all.contains(key)) order.push_back(key);
    if (!all[key].emplace(entry.problem.nearest_size(), &entry).second) hidden.push_back(&entry);
  }
  report::Grid grid{{{"kernel", "kernel"},
                     {"n", "N"},
                     {"k", "K"},
                     {"m", "M"},
                     {"tuned_m", "tuned"},
                     {"config", "configuration"},
                     {"time_us", "µs", 2}},
                    {}};
  for (const std::string& key : order) {
    const Series& series = all.at(key);
    for (const auto& [m, entry] : series)
      for (const std::int64_t asked : {m - 1, m, m + 1}) compare_with_table(series, asked, source);
    add_rows(grid, series);
  }
  for (const ReadEntry* entry : hidden) add_row(grid, *entry, "never");
  return grid;
}

}  // namespace gemmtune::exports
