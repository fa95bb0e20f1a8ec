#include "model/terms.h"

#include "family/gemm_config.h"
#include "model/expected_time.h"
#include "util/integers.h"

#include <algorithm>
#include <cmath>

namespace gemmtune::model {

namespace {

/// Times of parts are floored here before their logarithm is taken: below, other parts hide them.
constexpr double kHiddenUs = 3;

double yes(bool condition) {
  return condition ? 1 : 0;
}

/// What of `covered` lies beyond `size`, relative.
double excess(std::int64_t covered, std::int64_t size) {
  return static_cast<double>(covered) / static_cast<double>(size) - 1;
}

}  // namespace

Terms terms_of(const SimulatedMachine& machine, const Problem& problem, const Config& config) {
  const auto c = family::GemmConfig::from(config, problem);
  const ExpectedTime expected = expected_time(machine, problem, config, L2Policy::cold_memset512);
  const std::int64_t rows = std::int64_t{c.block_m} * c.cluster_m,
                     columns = std::int64_t{c.block_n} * c.cluster_n;
  const std::int64_t tiles_m = ceil_div(problem.m, rows), tiles_n = ceil_div(problem.n, columns);
  const auto tiles = static_cast<double>(tiles_m * tiles_n * c.cluster());
  const auto waves = static_cast<double>(expected.waves);
  const std::int64_t k_blocks = ceil_div(ceil_div(problem.k, c.block_k()), c.split_k);
  const auto area = static_cast<double>(c.block_m) * c.block_n;
  const std::array<double, kPlainTerms> plain = {
      std::log(expected.waves_us + kHiddenUs),
      std::log(expected.l2_us + kHiddenUs),
      std::log(waves),
      std::log(area),
      std::log(c.block_m),
      std::log(c.block_n),
      std::log(static_cast<double>(c.stages * c.stage_bytes())),  // in flight
      std::log(c.num_sms),
      std::log(c.split_k),
      std::log(c.k_groups),
      yes(c.split_k > 1),
      yes(c.k_groups > 1),
      yes(c.cluster_m > 1),
      yes(c.cluster_n > 1),
      yes(c.math_warpgroups() == 1),
      yes(c.swap_ab != 0),
      yes(c.store_buffers > 0),
      std::log(c.raster),
      yes(c.evict_first == family::GemmConfig::kEvictNone),
      yes(c.evict_first == family::GemmConfig::kEvictBoth),
      tiles / (waves * c.num_sms),  // CTAs that have a tile, over all waves
      std::min(1.0, static_cast<double>(c.stages) / static_cast<double>(k_blocks)),
      area / waves / 16384,  // what the last tiles of a CTA leave to do after all loads
      excess(tiles_m * rows, problem.m),
      excess(tiles_n * columns, problem.n),
      yes(c.block_n % 32 != 0),
  };
  const double loop = expected.waves_us / (expected.waves_us + expected.memory_us);
  Terms terms;
  terms.log_expected_us = std::log(expected.time_us);
  std::size_t at = 0;
  terms.values[at++] = terms.log_expected_us;
  terms.values[at++] = loop;
  for (const double term : plain) {
    terms.values[at++] = term;
    terms.values[at++] = term * loop;
  }
  return terms;
}

}  // namespace gemmtune::model
