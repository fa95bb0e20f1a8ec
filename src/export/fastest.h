// How the formats that list every configuration report what their reader will find.
#pragma once

#include "core/table.h"
#include "report/grid.h"

#include <cstdint>
#include <string>

namespace gemmtune::exports {

/// What a file offers to a reader that takes the smallest time.
struct Fastest {
  std::string where;         ///< the file, or the part of one
  std::int64_t results = 0;  ///< configurations, those that failed too
  std::int64_t timed = 0;
  Config config;
  double time_us = 0;

  void offer(const Config& candidate, double candidate_time_us);
};

/// One row a problem: the file, how many configurations it has, the fastest, and how much slower the table's
/// winner is there. That winner comes from a race; a configuration that was only screened may look faster.
report::Grid fastest_grid();
void add_row(report::Grid& grid, const Fastest& fastest, const TableEntry& entry);

}  // namespace gemmtune::exports
