#include "core/table.h"

namespace gemmtune {

TableEntry as_sustained(TableEntry entry) {
  if (!wins_in_bursts_alone(entry)) return entry;
  const SustainedWinner& winner = *entry.sustained;
  entry.config = winner.config;
  entry.kernel_hash = winner.kernel_hash;
  entry.code_hash = winner.code_hash;
  entry.stage = Stage::sustained;
  entry.time_us = winner.time_us;
  entry.time_us_low = winner.time_us_low;
  entry.time_us_high = winner.time_us_high;
  entry.energy_j = winner.energy_j;
  // Of another configuration in another race.
  entry.draws_us.clear();
  entry.tflops.reset();
  entry.gbps.reset();
  entry.error_rms.reset();
  entry.error_max.reset();
  entry.baselines = {};
  entry.tie_set.clear();
  entry.runners_up.clear();
  return entry;
}

}  // namespace gemmtune
