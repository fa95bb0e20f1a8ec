// Sides of comparisons, as tests write them down.
#pragma once

#include "compare/compare.h"
#include "fixtures/rows.h"

namespace gemmtune::compare {

/// A row of 30 samples within +-0.2 % of the time.
inline Row timed(std::int64_t m, double time_us, double clock_mhz = 1800, std::int64_t block_n = 64) {
  Row row = fixtures::row(m, fixtures::config(block_n), time_us);
  row.problem.name = "layer";
  for (int i = -15; i <= 15; ++i) row.samples_us.push_back(time_us * (1 + 0.002 * i / 15));
  row.sm_clock_mhz = clock_mhz;
  row.error_rms = 2e-5;
  return row;
}

inline Row wrong(std::int64_t m, std::int64_t block_n = 64) {
  return fixtures::failed_row(m, fixtures::config(block_n), Invalidity::correctness,
                              "error_rms 1 is above 2");
}

/// Every timed row is a winner.
inline Run run_of(std::vector<Row> rows, const std::string& source = "run") {
  Run run{source, {}, {}};
  run.journal.headers = {fixtures::header()};
  run.journal.rows = std::move(rows);
  for (std::size_t i = 0; i < run.journal.rows.size(); ++i)
    if (run.journal.rows[i].time_us && run.journal.rows[i].provider == provider::kGemmtune)
      run.winners.push_back(i);
  return run;
}

inline Side side_of(std::vector<Row> rows, const std::string& name = "side") {
  return {name, {run_of(std::move(rows), name)}};
}

}  // namespace gemmtune::compare
