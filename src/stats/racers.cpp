#include "stats/racers.h"

namespace gemmtune::stats {

Racer racer_of(const Row& row) {
  const auto num_sms = row.config.find("num_sms");
  return {*row.time_us,
          row.time_us_low.value_or(*row.time_us),
          row.time_us_high.value_or(*row.time_us),
          num_sms == row.config.end() ? 0 : num_sms->second,
          row.smem_bytes.value_or(0),
          config_id(row.config)};
}

}  // namespace gemmtune::stats
