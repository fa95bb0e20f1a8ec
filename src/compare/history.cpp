#include "compare/history.h"

#include "compare/assess.h"
#include "compare/collect.h"
#include "stats/change_points.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace gemmtune::compare {

namespace {

struct Entry {
  const Row* row;
  std::string revision;
};

/// Winners of each problem by time.
std::map<std::string, std::vector<Entry>> entries_of(const Side& side) {
  std::map<std::string, std::vector<Entry>> entries;
  for (const Run& run : side.runs) {
    const std::string revision = environment_of(run).revision;
    for (const std::size_t winner : run.winners) {
      const Row& row = run.journal.rows[winner];
      entries[problem_id(row.problem)].push_back({&row, revision.empty() ? run.source : revision});
    }
  }
  for (auto& [id, found] : entries)
    std::stable_sort(found.begin(), found.end(),
                     [](const Entry& a, const Entry& b) { return a.row->timestamp < b.row->timestamp; });
  return entries;
}

History history_of(const std::vector<Entry>& entries, double min_effect, double chance) {
  History history;
  history.problem = entries.back().row->problem;
  std::vector<const Row*> rows;
  std::vector<std::size_t> places, points;  // where a revision begins; the point of each row
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [row, revision] = entries[i];
    if (i == 0 || revision != entries[i - 1].revision) {
      if (i > 0) places.push_back(i);
      history.points.push_back({revision, row->timestamp, 0, 0});
    }
    HistoryPoint& point = history.points.back();
    point.time_us += std::log(*row->time_us);
    ++point.runs;
    rows.push_back(row);
    points.push_back(history.points.size() - 1);
  }
  for (HistoryPoint& point : history.points)
    point.time_us = std::exp(point.time_us / static_cast<double>(point.runs));
  const std::vector<stats::LogFigure> figures = log_figures(rows, /*in_cycles=*/false);
  for (const stats::ChangePoint& found :
       stats::change_points(figures, places, std::log1p(min_effect), chance))
    history.changes.push_back({points[found.index], change_of(found.difference)});
  return history;
}

}  // namespace

std::vector<History> history(const Side& runs, double min_effect) {
  const auto entries = entries_of(runs);
  std::vector<History> found;
  for (const auto& [id, of_problem] : entries)
    found.push_back(history_of(of_problem, min_effect, kChance / static_cast<double>(entries.size())));
  std::sort(found.begin(), found.end(), [](const History& a, const History& b) {
    const auto key = [](const Problem& p) { return std::tie(p.kernel, p.n, p.k, p.m); };
    return key(a.problem) < key(b.problem);
  });
  return found;
}

}  // namespace gemmtune::compare
