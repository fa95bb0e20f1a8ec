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

constexpr std::array kOthers = {provider::kDeepGemm, provider::kPaddedBatch, provider::kLoopOfDense};

/// A winner, and the times of the others in the order of kOthers.
struct Beside {
  const Winner* winner = nullptr;
  std::array<std::optional<double>, kOthers.size()> others_us = {};

  std::optional<double> speedup(std::size_t other) const {
    if (!others_us[other]) return std::nullopt;
    return *others_us[other] / winner->entry.time_us;
  }
};

/// From the race itself, or as the peers' rows have them.
std::optional<double> time_of(std::string_view provider, const Winner& winner, const Report& report) {
  for (const Point& point : report.points)
    if (point.provider == provider && problem_id(point.problem) == problem_id(winner.entry.problem))
      return point.time_us;
  for (const TimesOfPeers* times : {&winner.carried_us, &winner.other_ways_us})
    if (const auto found = times->find(std::string(provider)); found != times->end()) return found->second;
  return std::nullopt;
}

std::vector<Beside> grouped_winners(const Report& report) {
  std::vector<Beside> all;
  for (const Winner& winner : report.winners) {
    if (!is_grouped(winner.entry.problem)) continue;
    Beside& beside = all.emplace_back(&winner);
    for (std::size_t i = 0; i < kOthers.size(); ++i)
      beside.others_us[i] = time_of(kOthers[i], winner, report);
  }
  return all;
}

/// The least and the most of the draws' times.
std::array<Cell, 2> draws_of_winner(const TableEntry& entry) {
  if (entry.draws_us.empty()) return {};
  const auto [least, most] = std::ranges::minmax_element(entry.draws_us);
  return {*least, *most};
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
  const std::vector<Beside> all = grouped_winners(report);
  Grid grid;
  // Groups that share out K have M rows each.
  const bool any_along_k =
      std::ranges::any_of(all, [](const Beside& b) { return shares_out_inner(b.winner->entry.problem); });
  grid.columns = {{"kernel", "kernel"}, {"name", "layer"}, {"groups", "groups"}};
  if (any_along_k) grid.columns = joined(grid.columns, {{"m", "M"}});
  grid.columns = joined(grid.columns, {{"rows_a_group", "rows a group", 1}, {"n", "N"}, {"k", "K", 0}});
  if (for_files) grid.columns = joined(grid.columns, {{"problem", "problem"}, {"config", "configuration"}});
  grid.columns = joined(grid.columns, {{"time_us", "grouped µs", 2},
                                       {"time_us_of_least_draw", "least draw", 2},
                                       {"time_us_of_most_draw", "most draw", 2},
                                       {"deepgemm_us", "DeepGEMM µs", 2},
                                       {"padded_batch_us", "padded µs", 2},
                                       {"loop_of_dense_us", "loop µs", 2},
                                       {"speedup_over_deepgemm", "DeepGEMM x", 2},
                                       {"speedup_over_padded_batch", "padded x", 2},
                                       {"speedup_over_loop_of_dense", "loop x", 2},
                                       {"waste_percent", "waste %", 0},
                                       {"padded_batch_waste_percent", "padded waste %", 0}});
  for (const Beside& beside : all) {
    const TableEntry& entry = beside.winner->entry;
    const Problem& p = entry.problem;
    const GroupFigures& figures = figures_of_groups(p);
    const double mean = figures.useful / static_cast<double>(p.groups);
    std::vector<Cell> row = {p.kernel, p.name, p.groups};
    if (any_along_k) row.push_back(shares_out_inner(p) ? Cell(p.m) : Cell());
    row = joined(
        row, {shares_out_inner(p) ? Cell() : Cell(mean), p.n, shares_out_inner(p) ? Cell(mean) : Cell(p.k)});
    if (for_files) row = joined(row, {describe(p), entry.config});
    row.emplace_back(entry.time_us);
    for (const Cell& draw : draws_of_winner(entry)) row.push_back(draw);
    for (const auto& other_us : beside.others_us) row.push_back(cell(other_us));
    for (std::size_t i = 0; i < kOthers.size(); ++i) row.push_back(cell(beside.speedup(i)));
    row.emplace_back(waste_percent(figures.useful, figures.useful + figures.padding));
    row.emplace_back(waste_of_batch(p));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string grouped_beside_others_summary(const Report& report) {
  const std::vector<Beside> all = grouped_winners(report);
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
