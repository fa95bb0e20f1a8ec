#include "report/occupancy.h"

#include "report/problem_columns.h"

namespace gemmtune::report {

namespace {

Cell cell(const std::optional<int>& value) {
  return value ? Cell(std::int64_t{*value}) : Cell();
}

/// For people in KiB, which the limits are told in.
Cell shared(const std::optional<std::int64_t>& bytes, bool for_files) {
  if (!bytes) return {};
  return for_files ? Cell(*bytes) : Cell(static_cast<double>(*bytes) / 1024);
}

}  // namespace

Grid occupancy(const Report& report, bool for_files) {
  std::vector<const Point*> points;
  for (const Point& point : report.points)
    if (point.provider == provider::kGemmtune && (point.registers || point.smem_bytes))
      points.push_back(&point);
  const Distinctions apart = distinctions(points, [](const Point* point) { return point->problem; });
  Grid grid;
  grid.columns = joined(problem_columns(apart), {{"config", "configuration"},
                                                 {"registers", "registers"},
                                                 {"smem_bytes", "shared KiB", 1},
                                                 {"ctas_per_sm", "CTAs/SM"},
                                                 {"ctas", "CTAs"}});
  for (const Point* point : points) {
    const auto ctas = point->config.find("num_sms");
    grid.rows.push_back(
        joined(problem_cells(point->problem, apart),
               {point->config, cell(point->registers), shared(point->smem_bytes, for_files),
                cell(point->ctas_per_sm), ctas == point->config.end() ? Cell() : Cell(ctas->second)}));
  }
  return grid;
}

}  // namespace gemmtune::report
