#include "model/expected_time.h"

#include "core/groups.h"
#include "core/policy.h"
#include "family/gemm_config.h"
#include "model/traffic.h"
#include "operation/providers.h"
#include "util/error.h"

#include <algorithm>
#include <array>

namespace gemmtune::model {

namespace {

/// Tiles of the modelled libraries, by answer.
constexpr std::array<std::pair<int, int>, 3> kLibraryTiles = {{{128, 128}, {64, 128}, {128, 256}}};

/// Such operands and such a roof.
void set_product(launch::Tiling& t, const SimulatedMachine& machine, const operation::Factors& factors,
                 operation::ComputeRoof roof) {
  t.element_bytes = static_cast<double>(operation::element_bytes(factors.a.type));
  t.promotes = roof == operation::ComputeRoof::fp8_promoted;
  // Without promotion FP8 is limited by power: no more of it was seen than promoted.
  t.tflops = machine.fp8_promoted_tflops * (roof == operation::ComputeRoof::bf16 ? 0.5 : 1);
}

launch::Work work_of(const Problem& p, const launch::Tiling& t) {
  launch::Work work = launch::work_of(p.m, p.n, p.k, static_cast<double>(operation::output_bytes(p)), t);
  if (!is_grouped(p)) return work;
  work.groups = figures_of_groups(p).with_rows;
  // Each has all rows of A, and a part of K.
  work.rows = shares_out_inner(p) ? work.groups * static_cast<double>(p.m) : useful_rows(p);
  work.tiles_m = tiles_of_rows(p, t.block_m);
  work.bands = tiles_of_rows(p, t.block_m * t.cluster_m);
  return work;
}

}  // namespace

Launch launch_of(const SimulatedMachine& machine, const Problem& problem, const Config& config) {
  const auto c = family::GemmConfig::from(config, problem);
  const operation::Operation& operation = operation::of(problem);
  launch::Tiling t;
  set_product(t, machine, operation.factors, operation.roof);
  t.block_m = c.block_m;
  t.block_n = c.block_n;
  t.block_k = c.block_k();
  // The last tile stands for all where it is the only one.
  const std::int64_t rows = problem.m < c.block_m ? problem.m : c.block_m;
  t.rows_a = std::int64_t{c.recipe().modelled_rows_a(rows)} * c.cluster_n;
  t.cluster_m = c.cluster_m;
  t.cluster_n = c.cluster_n;
  t.split_k = c.split_k;
  t.k_groups = c.k_groups;
  t.stages = c.stages;
  t.ctas = c.num_sms;
  t.raster = c.raster;
  t.evict_first = c.evict_first;
  t.in_flight_bytes = static_cast<double>(c.stages * c.stage_bytes());
  t.warpgroups = c.math_warpgroups();
  t.swapped = c.swap_ab != 0;
  t.stores_in_parts = c.store_buffers > 0;
  return {t, work_of(problem, t)};
}

ExpectedTime expected_time(const SimulatedMachine& machine, const Problem& problem, const Config& config,
                           L2Policy l2) {
  const Launch launch = launch_of(machine, problem, config);
  return launch::expected_time(machine, launch.tiling, launch.work, is_cold(l2));
}

namespace {

double energy_j(const SimulatedMachine& machine, const Problem& problem, double l2_bytes) {
  return 1e-12 * (machine.power.flop_pj * static_cast<double>(operation::flops(problem)) +
                  machine.power.l2_byte_pj * l2_bytes);
}

}  // namespace

double expected_energy_j(const SimulatedMachine& machine, const Problem& problem, const Config& config) {
  return energy_j(machine, problem, static_cast<double>(l2_bytes(problem, config).value_or(0)));
}

double expected_library_energy_j(const SimulatedMachine& machine, const Problem& problem) {
  return energy_j(machine, problem, static_cast<double>(operation::flops(problem)) / 128);
}

double sustained_us(const SimulatedMachine& machine, double burst_us, double energy_j) {
  return std::max(burst_us, energy_j / machine.power.limit_w * 1e6);
}

int library_answers(const std::string& provider, const Problem& problem) {
  // cuBLASLt's limits as probed: block scales need M in whole 4s.
  const provider::Provider* library = provider::find(provider);
  if (library == nullptr || !library->library || is_grouped(problem)) return 0;
  if (provider == provider::kCublasLtBlock && problem.m % 4 != 0) return 0;
  return static_cast<int>(kLibraryTiles.size());
}

ExpectedTime expected_library_time(const SimulatedMachine& machine, const Problem& problem,
                                   const std::string& provider, std::int64_t answer, L2Policy l2) {
  ensure(answer >= 0 && answer < library_answers(provider, problem),
         provider + " has no answer " + std::to_string(answer));
  const auto [block_m, block_n] = kLibraryTiles[static_cast<std::size_t>(answer)];
  launch::Tiling t;
  t.block_m = block_m;
  t.block_n = block_n;
  t.rows_a = std::min<std::int64_t>(block_m, problem.m);
  t.ctas = machine.sms;
  t.warpgroups = block_m == 64 ? 1 : 2;
  const provider::Provider& library = *provider::find(provider);
  set_product(t, machine, library.factors, library.roof);
  return launch::expected_time(machine, t, work_of(problem, t), is_cold(l2));
}

}  // namespace gemmtune::model
