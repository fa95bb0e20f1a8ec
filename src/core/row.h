// One measured (or failed) candidate: the only record of the project. Tables, CSV, JSON and Markdown are
// views of it. The list of its fields, in order, is core/fields_of_row.h; formats: configs/schema/.
#pragma once

#include "core/config.h"
#include "core/counters.h"
#include "core/names.h"
#include "core/problem.h"
#include "util/boxed.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune {

/// Who computed it. "gemmtune" rows have a config; the others are baselines.
namespace provider {
inline constexpr const char* kGemmtune = "gemmtune";
inline constexpr const char* kCublasLtBlock =
    "cublaslt_block";  ///< config {answer: i}: answer i of its heuristic
inline constexpr const char* kCublasLtTensor = "cublaslt_tensor";
inline constexpr const char* kCublasBf16 = "cublas_bf16";
}  // namespace provider

struct Row {
  std::string run_id;
  Problem problem;
  std::string provider = provider::kGemmtune;
  Config config;
  std::string kernel_hash;       ///< of the cubin's cache key: sources, options, compiler
  Boxed<std::string> code_hash;  ///< of the machine code in the cubin, of our own kernels
  Invalidity invalidity = Invalidity::correct;
  std::string reason;  ///< empty when correct
  Stage stage = Stage::screen;
  std::string policy;
  L2Policy l2 = L2Policy::cold_memset512;
  Timer timer = Timer::event;
  PowerRegime regime = PowerRegime::burst;

  std::optional<double> time_us;  ///< median
  std::optional<double> time_us_low;
  std::optional<double> time_us_high;
  std::vector<double> samples_us;  ///< of groups over all draws of the sizes: stats/draws.h
  std::vector<double> draws_us;    ///< of groups the median of each draw; of others none
  std::optional<double> sm_cycles;
  std::optional<double> tflops;
  std::optional<double> gbps;  ///< compulsory bytes over time
  std::int64_t flops = 0;
  std::int64_t bytes = 0;
  std::optional<double> energy_j;  ///< of one launch among many, back to back, the board's
  std::optional<double> error_rms;
  std::optional<double> error_max;
  std::optional<int> registers;
  std::optional<int> spill_bytes;
  std::optional<std::int64_t> smem_bytes;
  std::optional<int> ctas_per_sm;  ///< that registers, threads and shared memory leave room for
  /// What one launch of a library ran, in the order of starting, joined by " + "; known to the timer cupti.
  Boxed<std::string> library_kernels;
  std::optional<double> compile_ms;
  std::optional<double> sm_clock_mhz;
  std::optional<double> power_w;
  std::optional<double> temperature_c;
  std::optional<std::int64_t> throttle;  ///< NVML's reasons as a bit mask
  Boxed<Counters> counters;              ///< of a launch of its own, which is not timed

  std::uint64_t seed = 1;
  std::string device;
  std::string board_uuid;  ///< empty: unknown. No part of the id: the same row of another board replaces it
  bool simulated = false;
  std::vector<std::string> warnings;
  std::string timestamp;  ///< ISO 8601, UTC, milliseconds
};

/// Hash of (problem_id, provider, config_id, kernel_hash, stage, policy, device, seed): rows with one id are
/// measurements of the same thing, and the later one stands.
std::string row_id(const Row& row);

}  // namespace gemmtune
