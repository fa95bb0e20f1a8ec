#include "model/expected_time.h"

#include "core/groups.h"
#include "core/policy.h"
#include "family/gemm_config.h"
#include "operation/providers.h"
#include "util/error.h"
#include "util/integers.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gemmtune::model {

namespace {

// Round figures, set so that the best configurations come near DeepGEMM's measured times.
constexpr double kFillUs = 1.6;          ///< from the launch to the first multiplication
constexpr double kTileEndUs = 0.45;      ///< a tile's epilogue where the next tile's loads do not hide it
constexpr double kStoreUs = 0.8;         ///< the last tile on its way to memory
constexpr double kStreamExcess = 1.2;    ///< DRAM streams of GEMMs over the floor of a plain read
constexpr double kLatencyUs = 1.0;       ///< from a load's issue to its arrival, under load
constexpr double kSmBytesPerUs = 100e3;  ///< what one SM takes in: 64 bytes a cycle, less a tenth
constexpr double kL2BytesPerUs = 7.5e6;  ///< all SMs together
/// Cycles of a k-block in which a warpgroup's tensor core waits for barrier and promotion: fixed, and one
/// FFMA an element at 128 lanes. Several warpgroups fill each other's gaps but for the given share.
constexpr double kPromotionCycles = 90;
constexpr double kSeveralWarpgroupsShare = 0.15;
constexpr double kClusterCycles = 12;  ///< the partner's slots must be free too

/// A kernel as the model sees it.
struct Tiling {
  std::int64_t block_m = 128;
  std::int64_t block_n = 128;
  std::int64_t rows_a = 128;  ///< of a tile of A that are loaded
  std::int64_t cluster_m = 1;
  std::int64_t cluster_n = 1;
  std::int64_t split_k = 1;
  std::int64_t ctas = 132;
  std::int64_t raster = 8;
  double in_flight_bytes = 200e3;  ///< the ring
  double element_bytes = 1;
  double tflops = 0;  ///< of the tensor cores with such operands
  bool promotes = true;
  int warpgroups = 2;
};

/// Of 128 of K, whatever the operands.
double k_block_us(const SimulatedMachine& machine, const Tiling& t) {
  const double flops = 2.0 * static_cast<double>(t.block_m * t.block_n) * 128;
  const double tensor_us = flops / (t.tflops * 1e6 / machine.sms);
  const double element_cycles = static_cast<double>(t.block_m * t.block_n) / 128.0;
  double waiting = t.promotes ? kPromotionCycles + element_cycles / t.warpgroups : kPromotionCycles;
  if (t.warpgroups > 1) waiting *= kSeveralWarpgroupsShare;
  if (t.cluster_m * t.cluster_n > 1) waiting += kClusterCycles;
  const double bytes = static_cast<double>(t.rows_a + t.block_n) * 128 * t.element_bytes;
  const double load_us = bytes / std::min(kSmBytesPerUs, t.in_flight_bytes / kLatencyUs);
  return std::max(tensor_us + waiting / machine.sm_clock_mhz, load_us);
}

/// From DRAM: A, D and the scales once; B once, or once a band of tiles if it does not stay in the L2. Of
/// groups the B of each that has rows.
double memory_us(const SimulatedMachine& machine, const Tiling& t, const Problem& p, L2Policy l2) {
  const double groups = is_grouped(p) ? figures_of_groups(p).with_rows : 1;
  const double a = useful_rows(p) * static_cast<double>(p.k) * t.element_bytes;
  const double b = static_cast<double>(p.n * p.k) * t.element_bytes;
  const auto d = static_cast<double>(operation::output_bytes(p));
  const double half_l2 = static_cast<double>(machine.l2_bytes) / 2;
  if (!is_cold(l2) && a + groups * b + d < half_l2) return machine.cold_read.empty_kernel_us;
  const double bands = std::ceil(tiles_of_rows(p, t.block_m) / groups / static_cast<double>(t.raster));
  const double bytes = a * (1 + 4.0 / 128) + groups * b * (b > half_l2 ? bands : 1) + d;
  return machine.cold_read.us(bytes) * kStreamExcess;
}

ExpectedTime time_of(const SimulatedMachine& machine, const Tiling& t, const Problem& p, L2Policy l2) {
  const std::int64_t cluster = t.cluster_m * t.cluster_n;
  const auto bands = static_cast<std::int64_t>(std::ceil(tiles_of_rows(p, t.block_m * t.cluster_m)));
  const std::int64_t tiles = bands * ceil_div(p.n, t.block_n * t.cluster_n) * cluster * t.split_k;
  const double k_blocks = static_cast<double>(ceil_div(ceil_div(p.k, 128), t.split_k));
  ExpectedTime e;
  e.waves = ceil_div(tiles, t.ctas);
  e.waves_us = static_cast<double>(e.waves) * (k_blocks * k_block_us(machine, t) + kTileEndUs);
  const double through_l2 = (static_cast<double>(t.rows_a) / static_cast<double>(t.cluster_n) +
                             static_cast<double>(t.block_n) / static_cast<double>(t.cluster_m)) *
                            128 * t.element_bytes;
  e.l2_us = static_cast<double>(tiles) * k_blocks * through_l2 / kL2BytesPerUs;
  e.memory_us = memory_us(machine, t, p, l2);
  const double streams_us = machine.cold_read.empty_kernel_us + kFillUs + std::max(e.l2_us, e.waves_us);
  e.time_us = std::max(e.memory_us, streams_us) + kStoreUs;
  return e;
}

/// Tiles of the modelled libraries, by answer.
constexpr std::array<std::pair<int, int>, 3> kLibraryTiles = {{{128, 128}, {64, 128}, {128, 256}}};

/// Such operands and such a roof.
void set_product(Tiling& t, const SimulatedMachine& machine, const operation::Factors& factors,
                 operation::ComputeRoof roof) {
  t.element_bytes = static_cast<double>(operation::element_bytes(factors.a.type));
  t.promotes = roof == operation::ComputeRoof::fp8_promoted;
  // Without promotion FP8 is limited by power: no more of it was seen than promoted.
  t.tflops = machine.fp8_promoted_tflops * (roof == operation::ComputeRoof::bf16 ? 0.5 : 1);
}

}  // namespace

ExpectedTime expected_time(const SimulatedMachine& machine, const Problem& problem, const Config& config,
                           L2Policy l2) {
  const auto c = family::GemmConfig::from(config, problem);
  const operation::Operation& operation = operation::of(problem);
  Tiling t;
  set_product(t, machine, operation.factors, operation.roof);
  t.block_m = c.block_m;
  t.block_n = c.block_n;
  // The last tile stands for all where it is the only one.
  const std::int64_t rows = problem.m < c.block_m ? problem.m : c.block_m;
  t.rows_a = std::int64_t{c.recipe().load_rows_a(rows)} * c.cluster_n;
  t.cluster_m = c.cluster_m;
  t.cluster_n = c.cluster_n;
  t.split_k = c.split_k;
  t.ctas = c.num_sms;
  t.raster = c.raster;
  t.in_flight_bytes = static_cast<double>(c.stages * c.stage_bytes());
  t.warpgroups = c.math_warpgroups();
  return time_of(machine, t, problem, l2);
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
  Tiling t;
  t.block_m = block_m;
  t.block_n = block_n;
  t.rows_a = std::min<std::int64_t>(block_m, problem.m);
  t.ctas = machine.sms;
  t.warpgroups = block_m == 64 ? 1 : 2;
  const provider::Provider& library = *provider::find(provider);
  set_product(t, machine, library.factors, library.roof);
  return time_of(machine, t, problem, l2);
}

}  // namespace gemmtune::model
