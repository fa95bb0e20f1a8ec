#include "export/fastest.h"

namespace gemmtune::exports {

void Fastest::offer(const Config& candidate, double candidate_time_us) {
  ++timed;
  if (timed > 1 && candidate_time_us >= time_us) return;
  config = candidate;
  time_us = candidate_time_us;
}

report::Grid fastest_grid() {
  return {{{"file", "file"},
           {"results", "results"},
           {"timed", "timed"},
           {"config", "fastest in it"},
           {"time_us", "µs", 2},
           {"winner_slower_percent", "winner slower %", 1}},
          {}};
}

void add_row(report::Grid& grid, const Fastest& fastest, const TableEntry& entry) {
  grid.rows.push_back({fastest.where, fastest.results, fastest.timed, fastest.config, fastest.time_us,
                       100 * (entry.time_us / fastest.time_us - 1)});
}

}  // namespace gemmtune::exports
