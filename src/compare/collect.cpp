#include "compare/collect.h"

#include "stats/summary.h"

#include <algorithm>
#include <cmath>

namespace gemmtune::compare {

namespace {

/// Relative standard deviation of the row's median. A row without samples, of a screening, has its interval,
/// which is about 1.96 deviations to either side.
double error_of(const Row& row) {
  if (!row.samples_us.empty()) return stats::median_error(row.samples_us, stats::kTimerStepUs);
  const double width = row.time_us_high.value_or(*row.time_us) - row.time_us_low.value_or(*row.time_us);
  return std::max(width, stats::kTimerStepUs) / 2 / 1.96 / *row.time_us;
}

bool is_ours(const Row& row) {
  return row.provider == provider::kGemmtune;
}

}  // namespace

ByProblem collect(const Side& side) {
  ByProblem problems;
  for (const Run& run : side.runs) {
    for (const Row& row : run.journal.rows) {
      if (!is_ours(row)) continue;
      Collected& found = problems[problem_id(row.problem)];
      found.last = &row;
      if (row.invalidity == Invalidity::correctness) found.wrong.push_back(&row);
      if (row.invalidity == Invalidity::correct && row.error_rms) found.right.push_back(&row);
    }
    for (const std::size_t winner : run.winners) {
      const Row& row = run.journal.rows[winner];
      problems[problem_id(row.problem)].winners.push_back(&row);
    }
  }
  return problems;
}

std::map<std::string, std::vector<const Row*>> library_rows(const Side& side) {
  std::map<std::string, std::vector<const Row*>> found;
  for (const Run& run : side.runs) {
    std::map<std::string, const Row*> of_run;
    for (const Row& row : run.journal.rows)
      if (!is_ours(row) && row.stage != Stage::screen && row.stage != Stage::sustained &&
          row.invalidity == Invalidity::correct && row.time_us)
        of_run[row.provider + "\n" + problem_id(row.problem) + "\n" + describe(row.config)] = &row;
    for (const auto& [key, row] : of_run) found[key].push_back(row);
  }
  return found;
}

std::vector<stats::LogFigure> log_figures(const std::vector<const Row*>& rows, bool in_cycles) {
  std::vector<stats::LogFigure> figures;
  for (const Row* row : rows)
    figures.push_back(
        {std::log(*row->time_us) + (in_cycles ? std::log(*row->sm_clock_mhz) : 0), error_of(*row)});
  return figures;
}

bool clocks_known(const std::vector<const Row*>& rows) {
  return !rows.empty() && std::all_of(rows.begin(), rows.end(), [](const Row* row) {
    return row->sm_clock_mhz && *row->sm_clock_mhz > 0;
  });
}

}  // namespace gemmtune::compare
