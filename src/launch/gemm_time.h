// How long a GEMM kernel should take on a machine that is known by figures only, and what that is corrected
// by: one model for the simulated device, for guided searches and for the choice that a bundle's loader
// makes. A roofline against measured floors, with the waves in which CTAs work through their tiles.
#pragma once

#include "util/integers.h"
#include "util/piecewise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace gemmtune::launch {

struct MachineFigures {
  int sms = 0;
  std::int64_t l2_bytes = 0;
  double sm_clock_mhz = 0;
  double fp8_promoted_tflops = 0;  ///< wgmma E4M3 with the sum moved to FP32 registers every 128 of K
  /// A cold read of 10^6 bytes, in microseconds; ascending, not empty. Of nothing an empty kernel.
  double empty_kernel_us = 0;
  std::vector<std::pair<double, double>> cold_read_mb_us;

  double cold_read_us(double bytes) const {
    return interpolated(empty_kernel_us, cold_read_mb_us, bytes * 1e-6);
  }
};

/// A kernel and its launch.
struct Tiling {
  std::int64_t block_m = 128;
  std::int64_t block_n = 128;
  std::int64_t block_k = 128;
  std::int64_t rows_a = 128;  ///< of a tile of A that are loaded
  std::int64_t cluster_m = 1;
  std::int64_t cluster_n = 1;
  std::int64_t split_k = 1;
  std::int64_t k_groups = 1;
  std::int64_t stages = 4;
  std::int64_t ctas = 132;
  std::int64_t raster = 8;
  std::int64_t evict_first = 0;    ///< 1: lines of B, 2: of A and B
  double in_flight_bytes = 200e3;  ///< the ring
  double element_bytes = 1;        ///< of A and B
  double tflops = 0;               ///< of the tensor cores with such operands
  bool promotes = true;
  bool swapped = false;          ///< tokens are wgmma's columns
  bool stores_in_parts = false;  ///< `store_buffers`
  int warpgroups = 2;            ///< that multiply

  std::int64_t cluster() const { return cluster_m * cluster_n * split_k; }
};

/// A problem, as a tiling sees it.
struct Work {
  std::int64_t m = 0, n = 0, k = 0;
  double rows = 0;          ///< of A, that count
  double groups = 1;        ///< that have rows
  double output_bytes = 0;  ///< of D, and of C where it is read
  double tiles_m = 0;       ///< of block_m rows, of all groups
  double bands = 0;         ///< the same of block_m * cluster_m
};

/// Of one product.
inline Work work_of(std::int64_t m, std::int64_t n, std::int64_t k, double output_bytes, const Tiling& t) {
  Work work;
  work.m = m, work.n = n, work.k = k;
  work.rows = static_cast<double>(m);
  work.output_bytes = output_bytes;
  work.tiles_m = static_cast<double>(ceil_div(m, t.block_m));
  work.bands = static_cast<double>(ceil_div(m, t.block_m * t.cluster_m));
  return work;
}

/// The parts overlap: `time_us` is launch and fill, the longest of the three streams, and what follows it.
struct ExpectedTime {
  double time_us = 0;
  /// DRAM: every byte once, and B again for each band of tiles if the L2 cannot hold it.
  double memory_us = 0;
  double l2_us = 0;     ///< all tiles of all CTAs through the L2
  double waves_us = 0;  ///< the CTA with most tiles: multiply, or load if that is slower
  std::int64_t waves = 0;
};

// Round figures, set so that the best configurations come near DeepGEMM's measured times.
inline constexpr double kFillUs = 1.6;          ///< from the launch to the first multiplication
inline constexpr double kTileEndUs = 0.45;      ///< an epilogue where the next tile's loads do not hide it
inline constexpr double kStoreUs = 0.8;         ///< the last tile on its way to memory
inline constexpr double kStreamExcess = 1.2;    ///< DRAM streams of GEMMs over the floor of a plain read
inline constexpr double kLatencyUs = 1.0;       ///< from a load's issue to its arrival, under load
inline constexpr double kSmBytesPerUs = 100e3;  ///< what one SM takes in: 64 bytes a cycle, less a tenth
inline constexpr double kL2BytesPerUs = 7.5e6;  ///< all SMs together
/// Cycles of a k-block in which a warpgroup's tensor core waits for barrier and promotion: fixed, and one
/// FFMA an element at 128 lanes. Several warpgroups fill each other's gaps but for the given share.
inline constexpr double kPromotionCycles = 90;
inline constexpr double kSeveralWarpgroupsShare = 0.15;
inline constexpr double kClusterCycles = 12;  ///< the partner's slots must be free too

/// Of 128 of K, whatever the operands.
inline double k_block_us(const MachineFigures& machine, const Tiling& t) {
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
inline double memory_us(const MachineFigures& machine, const Tiling& t, const Work& w, bool cold) {
  const double a = w.rows * static_cast<double>(w.k) * t.element_bytes;
  const double b = static_cast<double>(w.n * w.k) * t.element_bytes;
  const double half_l2 = static_cast<double>(machine.l2_bytes) / 2;
  if (!cold && a + w.groups * b + w.output_bytes < half_l2) return machine.empty_kernel_us;
  const double bands = std::ceil(w.tiles_m / w.groups / static_cast<double>(t.raster));
  const double bytes = a * (1 + 4.0 / 128) + w.groups * b * (b > half_l2 ? bands : 1) + w.output_bytes;
  return machine.cold_read_us(bytes) * kStreamExcess;
}

/// With a cold L2, or a warm one: then DRAM is left out where the L2 holds all operands.
inline ExpectedTime expected_time(const MachineFigures& machine, const Tiling& t, const Work& w, bool cold) {
  const auto bands = static_cast<std::int64_t>(std::ceil(w.bands));
  const std::int64_t tiles = bands * ceil_div(w.n, t.block_n * t.cluster_n) * t.cluster();
  const double k_blocks = static_cast<double>(ceil_div(ceil_div(w.k, 128), t.split_k));
  ExpectedTime e;
  e.waves = ceil_div(tiles, t.ctas);
  e.waves_us = static_cast<double>(e.waves) * (k_blocks * k_block_us(machine, t) + kTileEndUs);
  const double through_l2 = (static_cast<double>(t.rows_a) / static_cast<double>(t.cluster_n) +
                             static_cast<double>(t.block_n) / static_cast<double>(t.cluster_m)) *
                            128 * t.element_bytes;
  e.l2_us = static_cast<double>(tiles) * k_blocks * through_l2 / kL2BytesPerUs;
  e.memory_us = memory_us(machine, t, w, cold);
  const double streams_us = machine.empty_kernel_us + kFillUs + std::max(e.l2_us, e.waves_us);
  e.time_us = std::max(e.memory_us, streams_us) + kStoreUs;
  return e;
}

inline constexpr std::size_t kPlainTerms = 26;
/// The logarithm of the expected time, the loop's share of the time, and each plain term alone and times that
/// share: what a tile costs counts where the loop is what takes long.
inline constexpr std::size_t kTerms = 2 + 2 * kPlainTerms;

/// What a launch's time is fitted on: the analytic model's, and how far it may be wrong.
struct Terms {
  double log_expected_us = 0;
  std::array<double, kTerms> values{};
};

/// With a cold L2.
inline Terms terms_of(const MachineFigures& machine, const Tiling& t, const Work& w) {
  constexpr double kHiddenUs = 3;  // below, other parts hide a part: logarithms are taken above
  const auto yes = [](bool condition) { return condition ? 1.0 : 0.0; };
  const auto log = [](std::int64_t value) { return std::log(static_cast<double>(value)); };
  const auto excess = [](std::int64_t covered, std::int64_t size) {  // what lies beyond `size`, relative
    return static_cast<double>(covered) / static_cast<double>(size) - 1;
  };
  const ExpectedTime expected = expected_time(machine, t, w, /*cold=*/true);
  const std::int64_t rows = t.block_m * t.cluster_m, columns = t.block_n * t.cluster_n;
  const std::int64_t tiles_m = ceil_div(w.m, rows), tiles_n = ceil_div(w.n, columns);
  const auto tiles = static_cast<double>(tiles_m * tiles_n * t.cluster());
  const auto waves = static_cast<double>(expected.waves);
  const std::int64_t k_blocks = ceil_div(ceil_div(w.k, t.block_k), t.split_k);
  const auto area = static_cast<double>(t.block_m) * static_cast<double>(t.block_n);
  const std::array<double, kPlainTerms> plain = {
      std::log(expected.waves_us + kHiddenUs),
      std::log(expected.l2_us + kHiddenUs),
      std::log(waves),
      std::log(area),
      log(t.block_m),
      log(t.block_n),
      std::log(t.in_flight_bytes),
      log(t.ctas),
      log(t.split_k),
      log(t.k_groups),
      yes(t.split_k > 1),
      yes(t.k_groups > 1),
      yes(t.cluster_m > 1),
      yes(t.cluster_n > 1),
      yes(t.warpgroups == 1),
      yes(t.swapped),
      yes(t.stores_in_parts),
      log(t.raster),
      yes(t.evict_first == 0),
      yes(t.evict_first == 2),
      tiles / (waves * static_cast<double>(t.ctas)),  // CTAs that have a tile, over all waves
      std::min(1.0, static_cast<double>(t.stages) / static_cast<double>(k_blocks)),
      area / waves / 16384,  // what the last tiles of a CTA leave to do after all loads
      excess(tiles_m * rows, w.m),
      excess(tiles_n * columns, w.n),
      yes(t.block_n % 32 != 0),
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

}  // namespace gemmtune::launch
