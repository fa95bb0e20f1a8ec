// What gemmtune asks of a worker and what it hears back. Each exchange is one phase with its own deadline.
// On the pipe: a 4-byte little-endian length, then one JSON object (util/frame.h). Requests carry "op";
// replies carry either "result" or "failure" {invalidity, reason}, and "fatal": true when the worker cannot
// go on. The worker speaks first: {"op": "hello", "protocol": kProtocol}. The result of "baselines" is a
// list.
#pragma once

#include "core/ceilings.h"
#include "core/config.h"
#include "core/counters.h"
#include "core/environment.h"
#include "core/gpu_time.h"
#include "core/outcome.h"
#include "core/policy.h"
#include "core/problem.h"
#include "core/quantise.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune {

/// Raised when messages change in a way that a program of another build would misread.
inline constexpr int kProtocol = 5;

/// "describe": which machine is this? Answered without a GPU too (sms = 0).
struct DescribeRequest {};

/// "compile": cubin from the cache or from NVRTC. Needs no GPU.
struct CompileRequest {
  std::string kernel;  ///< or kQuantise
  Config config;       ///< what the compiler sees: family::Family::compiled
};

struct CompileReport {
  std::string kernel_hash;
  std::string code_hash;   ///< of its machine code: cache/code_hash.h
  std::string cubin_path;  ///< empty when the cache cannot be written
  int registers = 0;
  int spill_bytes = 0;
  std::int64_t cubin_bytes = 0;
  double compile_ms = 0;  ///< 0 when it came from the cache
  bool cached = false;
  std::string warning;  ///< why the cache keeps nothing; empty when all is well
};

/// "prepare": make the operands of a problem on the device and compute its reference.
struct PrepareRequest {
  Problem problem;
  std::uint64_t seed = 1;
};

struct PrepareReport {
  std::int64_t device_bytes = 0;
  GpuTime gpu = {};
};

/// One way to compute the prepared problem: a configuration of ours, or answer `config["answer"]` of a
/// library.
struct Contender {
  std::string provider;
  Config config;
};

/// "baselines": which libraries accept the prepared problem.
struct BaselinesRequest {};

struct Baseline {
  std::string provider;
  int answers = 0;      ///< of the heuristic; contenders are {provider, {answer: 0 .. answers-1}}
  std::string refusal;  ///< why there are none
};

/// "verify": launch once on the prepared operands and judge the output.
struct VerifyRequest {
  Contender contender;
};

/// Figures against the FP64 product of the dequantised operands; the limits are in worker/gemm/verdict.h.
struct Verdict {
  double error_rms = 0;
  double error_max = 0;
  std::string defect;  ///< empty: correct. Otherwise which gate fell, with its figures
  GpuTime gpu = {};
};

/// "measure": time contenders on the prepared problem, interleaved (A B C A B C ...).
struct MeasureRequest {
  std::vector<Contender> contenders;
  Policy policy;
};

struct Timing {
  std::vector<double> samples_us;  ///< of groups as stats/draws.h makes them, over all draws of the sizes
  std::vector<double> draws_us;    ///< of groups the median of each draw
  /// Median over the samples of the SMs' mean clock while the launch ran; 0: unknown.
  double sm_clock_mhz = 0;
  // Of the board, over the batch: what every contender of it shares.
  double power_w = 0;
  double temperature_c = 0;
  std::int64_t throttle = 0;
  double energy_j = 0;  ///< a launch among many, back to back; 0: not measured
  std::int64_t smem_bytes = 0;
  int ctas_per_sm = 0;  ///< that fit; 0: unknown
  /// Names of what a launch ran, in the order of starting; none: the timer does not know.
  std::vector<std::string> kernels = {};
};

struct MeasureReport {
  std::vector<Timing> timings;  ///< in the order of the contenders
  GpuTime gpu = {};
};

/// "count": read the GPU's counters over one more launch of each contender on the prepared problem, with the
/// L2 in the policy's state. Without contenders: could they be read? That needs no prepared problem.
struct CountRequest {
  std::vector<Contender> contenders;
  Policy policy;
};

struct CountReport {
  std::vector<Counters> counters;    ///< in the order of the contenders
  std::vector<std::string> unknown;  ///< metrics of kCounterFields that this GPU does not count
};

/// Not on the pipe, but the argument of `gemmtune-worker profile`, which serves nobody: it judges one
/// configuration of ours and launches it once for a profiler. Its stdout stays empty; exit code 0, 3 when the
/// configuration is wrong or fails, 2 when it is illegal, 5 without a GPU.
struct ProfileRequest {
  Problem problem;
  Config config;
  std::uint64_t seed = 1;
};

/// "ceilings": measure what the GPU can do. The prepared problem stays.
struct CeilingsRequest {
  std::string probe;  ///< one of kProbes
  Timer timer = Timer::event;
};

struct CeilingsReport {
  std::vector<Ceiling> ceilings;
};

}  // namespace gemmtune
