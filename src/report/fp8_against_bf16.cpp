#include "report/fp8_against_bf16.h"

#include "report/problem_columns.h"
#include "stats/summary.h"

#include <map>
#include <utility>

namespace gemmtune::report {

namespace {

/// Our winner, and BF16.
using Pair = std::pair<const Point*, const Point*>;

std::vector<Pair> pairs_of(const Report& report) {
  std::map<std::string, const Point*> ours;
  std::vector<Pair> pairs;
  for (const Point& point : report.points) {
    const std::string id = problem_id(point.problem);
    if (point.provider == provider::kGemmtune) ours[id] = &point;
    if (point.provider != provider::kCublasBf16) continue;
    if (const auto first = ours.find(id); first != ours.end()) pairs.emplace_back(first->second, &point);
  }
  return pairs;
}

double speedup(const Pair& pair) {
  return pair.second->time_us / pair.first->time_us;
}

}  // namespace

Grid fp8_against_bf16(const Report& report, bool for_files) {
  const std::vector<Pair> pairs = pairs_of(report);
  const bool forms = has_forms(pairs, [](const Pair& pair) { return pair.first->problem; });
  Grid grid;
  grid.columns = joined(problem_columns(forms),
                        {{"first_us", "FP8 µs", 2}, {"second_us", "BF16 µs", 2}, {"speedup", "speed-up", 2}});
  if (for_files) grid.columns.push_back({"config", "configuration"});
  for (const Pair& pair : pairs) {
    const Point &a = *pair.first, &b = *pair.second;
    grid.rows.push_back(joined(problem_cells(a.problem, forms), {a.time_us, b.time_us, speedup(pair)}));
    if (for_files) grid.rows.back().push_back(a.config);
  }
  return grid;
}

std::string fp8_against_bf16_summary(const Report& report) {
  std::vector<double> ratios;
  for (const Pair& pair : pairs_of(report)) ratios.push_back(speedup(pair));
  return "geometric mean of the speed-up over " + std::to_string(ratios.size()) +
         (ratios.size() == 1 ? " problem: " : " problems: ") + fixed(stats::geomean(ratios), 2);
}

}  // namespace gemmtune::report
