#include "report/groups.h"

#include "core/groups.h"
#include "operation/providers.h"
#include "report/problem_columns.h"
#include "stats/summary.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace gemmtune::report {

namespace {

constexpr std::array kOthers = {provider::kPaddedBatch, provider::kLoopOfDense};

/// A winner, and those of the others that were timed.
struct Beside {
  const Point* ours = nullptr;
  std::array<const Point*, kOthers.size()> others = {};

  std::optional<double> speedup(std::size_t other) const {
    if (others[other] == nullptr) return std::nullopt;
    return others[other]->time_us / ours->time_us;
  }
};

std::vector<Beside> grouped_points(const Report& report) {
  std::vector<Beside> all;
  for (const Point& point : report.points) {
    if (!shares_out_rows(point.problem)) continue;
    if (point.provider == provider::kGemmtune) {
      all.push_back({&point, {}});
      continue;
    }
    // Those of a problem follow its winner.
    const auto* const other = std::ranges::find(kOthers, point.provider);
    if (other != kOthers.end() && !all.empty())
      all.back().others[std::size_t(other - kOthers.begin())] = &point;
  }
  return all;
}

Cell cell(const std::optional<double>& value) {
  return value ? Cell(*value) : Cell();
}

double waste_percent(double useful, double rows) {
  return 100 * (1 - useful / rows);
}

/// Of the rows of a batch of groups as large as the largest, mean over the draws.
double waste_of_batch(const Problem& problem) {
  const GroupFigures& figures = figures_of_groups(problem);
  double rows = 0;
  for (const auto& sizes : figures.draws)
    rows += static_cast<double>(*std::ranges::max_element(sizes) * problem.groups);
  return waste_percent(figures.useful, rows / static_cast<double>(figures.draws.size()));
}

}  // namespace

Grid grouped_beside_others(const Report& report, bool for_files) {
  const std::vector<Beside> all = grouped_points(report);
  Grid grid;
  grid.columns = {{"kernel", "kernel"}, {"name", "layer"},
                  {"groups", "groups"}, {"rows_a_group", "rows a group", 1},
                  {"n", "N"},           {"k", "K"}};
  if (for_files) grid.columns = joined(grid.columns, {{"problem", "problem"}, {"config", "configuration"}});
  grid.columns = joined(grid.columns, {{"time_us", "grouped µs", 2},
                                       {"padded_batch_us", "padded µs", 2},
                                       {"loop_of_dense_us", "loop µs", 2},
                                       {"speedup_over_padded_batch", "padded x", 2},
                                       {"speedup_over_loop_of_dense", "loop x", 2},
                                       {"waste_percent", "waste %", 0},
                                       {"padded_batch_waste_percent", "padded waste %", 0}});
  for (const Beside& beside : all) {
    const Problem& p = beside.ours->problem;
    const GroupFigures& figures = figures_of_groups(p);
    std::vector<Cell> row = {p.kernel, p.name, p.groups, figures.useful / static_cast<double>(p.groups),
                             p.n,      p.k};
    if (for_files) row = joined(row, {describe(p), beside.ours->config});
    row.emplace_back(beside.ours->time_us);
    for (const Point* other : beside.others) row.push_back(other == nullptr ? Cell() : Cell(other->time_us));
    for (std::size_t i = 0; i < kOthers.size(); ++i) row.push_back(cell(beside.speedup(i)));
    row.emplace_back(waste_percent(figures.useful, figures.useful + figures.padding));
    row.emplace_back(waste_of_batch(p));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string grouped_beside_others_summary(const Report& report) {
  const std::vector<Beside> all = grouped_points(report);
  std::vector<std::string> means, on_host;
  for (std::size_t i = 0; i < kOthers.size(); ++i) {
    const provider::Provider& other = *provider::find(kOthers[i]);
    std::vector<double> speedups;
    for (const Beside& beside : all)
      if (const auto speedup = beside.speedup(i)) speedups.push_back(*speedup);
    if (speedups.empty()) continue;
    means.push_back("over " + std::string(other.heading) + " " + fixed(stats::geomean(speedups), 2) + " (" +
                    std::to_string(speedups.size()) + (speedups.size() == 1 ? " problem)" : " problems)"));
    if (other.needs_host_sizes) on_host.emplace_back(other.heading);
  }
  if (means.empty()) return "";
  std::string text = "Geometric means of the speed-up: " + join(means, ", ") + ".";
  if (!on_host.empty())
    text +=
        " Sizes on the host: " + join(on_host, ", ") + " cannot be in a CUDA graph while the sizes change.";
  return text;
}

}  // namespace gemmtune::report
