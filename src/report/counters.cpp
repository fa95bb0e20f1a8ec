#include "report/counters.h"

#include "operation/operation.h"
#include "report/problem_columns.h"

namespace gemmtune::report {

namespace {

/// For people in 10^6, for files as it was counted.
Cell quantity(const std::optional<double>& value, bool for_files) {
  if (!value) return {};
  return for_files ? Cell(*value) : Cell(*value * 1e-6);
}

Cell cell(const std::optional<double>& value) {
  return value ? Cell(*value) : Cell();
}

Cell ratio(const std::optional<double>& counted, std::int64_t necessary) {
  return counted && necessary > 0 ? Cell(*counted / static_cast<double>(necessary)) : Cell();
}

}  // namespace

Grid counted(const Report& report, bool for_files) {
  std::vector<const Point*> points;
  for (const Point& point : report.points)
    if (point.provider == provider::kGemmtune && point.counters) points.push_back(&point);
  const Distinctions apart = distinctions(points, [](const Point* point) { return point->problem; });
  Grid grid;
  grid.columns = joined(problem_columns(apart), {{"bytes", "must move", 1},
                                                 {"dram_read_bytes", "read", 1},
                                                 {"dram_read_per_compulsory", "read x", 2},
                                                 {"dram_write_bytes", "written", 1},
                                                 {"l2_bytes", "L2", 1},
                                                 {"l2_per_compulsory", "L2 x", 2},
                                                 {"sm_read_bytes", "to SMs", 1},
                                                 {"multicast_bytes", "multicast", 1}});
  const bool fp8 = for_files || std::ranges::any_of(points, [](const Point* point) {
                     return operation::multiplies_fp8(point->problem);
                   });
  if (fp8) grid.columns.push_back({"ops_per_flop", "FP8 x", 2});
  grid.columns.push_back({"tensor_active_percent", "tensor %", 1});
  if (for_files) grid.columns.push_back({"config", "configuration"});
  for (const Point* point : points) {
    const Counters& c = *point->counters;
    const Problem& p = point->problem;
    grid.rows.push_back(joined(
        problem_cells(p, apart),
        {quantity(static_cast<double>(point->bytes), for_files), quantity(c.dram_read_bytes, for_files),
         ratio(c.dram_read_bytes, point->necessary_read_bytes()), quantity(c.dram_write_bytes, for_files),
         quantity(c.l2_bytes, for_files), ratio(c.l2_bytes, point->bytes),
         quantity(c.sm_read_bytes, for_files), quantity(c.multicast_bytes, for_files)}));
    std::vector<Cell>& row = grid.rows.back();
    if (fp8) row.push_back(operation::multiplies_fp8(p) ? ratio(c.fp8_ops, point->flops) : Cell{});
    row.push_back(cell(c.tensor_active_percent));
    if (for_files) row.emplace_back(point->config);
  }
  return grid;
}

}  // namespace gemmtune::report
