#include "report/points.h"

#include <map>
#include <unordered_map>

namespace gemmtune::report {

namespace {

using Rows = std::vector<const Row*>;
using RowsByProblem = std::unordered_map<std::string, Rows>;

RowsByProblem timed_rows(const Journal& journal) {
  RowsByProblem rows;
  for (const Row& row : journal.rows)
    if (row.invalidity == Invalidity::correct && row.time_us && *row.time_us > 0)
      rows[problem_id(row.problem)].push_back(&row);
  return rows;
}

const Row* winner_of(const Rows& rows, const TableEntry& entry) {
  for (const Row* row : rows)
    if (row->provider == provider::kGemmtune && row->config == entry.config && row->stage == entry.stage &&
        *row->time_us == entry.time_us)
      return row;
  return nullptr;
}

/// The fastest row of each other provider, timed as the winner was: in its race, or, of programs that do not
/// take part in races, under the same conditions.
std::map<std::string, const Row*> rivals_of(const Rows& rows, const Row& winner) {
  std::map<std::string, const Row*> fastest;
  for (const Row* row : rows) {
    if (row->provider == provider::kGemmtune) continue;
    const bool raced = row->run_id == winner.run_id && row->policy == winner.policy;
    const bool races = row->provider == provider::kCublasLtBlock ||
                       row->provider == provider::kCublasLtTensor || row->provider == provider::kCublasBf16;
    if (races ? !raced || row->stage != winner.stage
              : row->device != winner.device || row->l2 != winner.l2 || row->timer != winner.timer)
      continue;
    const Row*& best = fastest[row->provider];
    if (best == nullptr || *row->time_us < *best->time_us) best = row;
  }
  return fastest;
}

Point point_of(const Row& row, const Roofs& roofs) {
  return {row.problem,
          row.provider,
          row.config,
          *row.time_us,
          row.time_us_low.value_or(*row.time_us),
          row.time_us_high.value_or(*row.time_us),
          row.gbps,
          row.sm_clock_mhz,
          row.power_w,
          row.error_rms,
          place(roofs, work_of(row)),
          row.registers,
          row.smem_bytes,
          row.ctas_per_sm,
          row.flops,
          row.bytes,
          row.counters};
}

Point point_of(const TableEntry& entry, const Roofs& roofs, const std::string& policy) {
  const auto work = work_of(entry, policy);
  return {entry.problem,
          provider::kGemmtune,
          entry.config,
          entry.time_us,
          entry.time_us_low,
          entry.time_us_high,
          entry.gbps,
          std::nullopt,
          std::nullopt,
          entry.error_rms,
          work ? place(roofs, *work) : std::nullopt};
}

}  // namespace

std::vector<Point> make_points(const Table& table, const Journal& journal, const Roofs& roofs) {
  const RowsByProblem rows = timed_rows(journal);
  std::vector<Point> points;
  for (const TableEntry& entry : table.entries) {
    const auto found = rows.find(problem_id(entry.problem));
    const Row* winner = found == rows.end() ? nullptr : winner_of(found->second, entry);
    points.push_back(winner ? point_of(*winner, roofs) : point_of(entry, roofs, table.policy));
    points.back().problem = entry.problem;  // weight and name may have been edited since
    if (winner == nullptr) continue;
    for (const auto& [provider, row] : rivals_of(found->second, *winner))
      points.push_back(point_of(*row, roofs));
  }
  return points;
}

}  // namespace gemmtune::report
