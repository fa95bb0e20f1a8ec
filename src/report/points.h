// The contenders of each winner's race as points of a roofline.
#pragma once

#include "core/groups.h"
#include "core/journal.h"
#include "core/table.h"
#include "report/roofline.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::report {

struct Point {
  Problem problem;
  std::string provider;
  Config config;
  double time_us = 0;
  double time_us_low = 0;
  double time_us_high = 0;
  std::optional<double> gbps;
  std::optional<double> sm_clock_mhz;
  std::optional<double> power_w;
  std::optional<double> error_rms;
  std::optional<Placement> placement;  ///< empty without roofs
  // Of our kernels, where there are rows.
  std::optional<int> registers = {};
  std::optional<std::int64_t> smem_bytes = {};
  std::optional<int> ctas_per_sm = {};
  // Of every row; 0 without one.
  std::int64_t flops = 0;
  std::int64_t bytes = 0;  ///< compulsory
  Boxed<Counters> counters = {};

  /// Compulsory, but for D.
  std::int64_t necessary_read_bytes() const { return bytes - std::llround(written_bytes(problem)); }
};

/// For each entry of the table its winner, then the fastest row of every other provider of the same race, by
/// name. A table alone has its winners only.
std::vector<Point> make_points(const Table& table, const Journal& journal, const Roofs& roofs);

}  // namespace gemmtune::report
