// What the worker does for each request: the state of one prepared problem and the cubins loaded so far.
#pragma once

#include "cache/cubin_cache.h"
#include "core/messages.h"
#include "family/family.h"
#include "worker/gemm/cublaslt.h"
#include "worker/gemm/operands.h"
#include "worker/gemm/rotation.h"
#include "worker/measure/counter_reader.h"
#include "worker/measure/held_stream.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gemmtune {

/// Answers requests one by one. A candidate's failure is returned; GpuError and DriverError leave it to
/// main() to say whether the process can go on. Nothing of CUDA is touched before the first request that
/// needs a GPU.
class Service {
 public:
  /// `line_table`: of every kernel of ours that is compiled (jit::Job); empty: none.
  explicit Service(std::filesystem::path line_table = {});
  ~Service();

  Outcome<Environment> describe();
  Outcome<CompileReport> compile(const CompileRequest& request);
  Outcome<PrepareReport> prepare(const PrepareRequest& request);
  Outcome<std::vector<Baseline>> baselines();
  Outcome<Verdict> verify(const VerifyRequest& request);
  Outcome<MeasureReport> measure(const MeasureRequest& request);
  Outcome<CountReport> count(const CountRequest& request);
  Outcome<CeilingsReport> ceilings(const CeilingsRequest& request);
  Outcome<QuantiseReport> quantise(const QuantiseRequest& request);

  /// One launch on the prepared operands with a cold L2, between cudaProfilerStart and Stop, in an NVTX range
  /// named by problem and configuration. Returns when it has run.
  std::optional<Failure> launch_profiled(const Contender& contender);

 private:
  struct Gpu;           // device, stream, support kernels: made once
  struct LoadedKernel;  // a cubin of ours

  /// What launches choose their operands from, and cuBLASLt on it, made when first asked for.
  struct Arena {
    gemm::OperandSets sets;
    std::unique_ptr<gemm::CublasLtBaselines> baselines;
  };

  Gpu& gpu();
  const gemm::Operands& operands() const;
  /// The operands with their two outputs, or copies of them, made when first asked for.
  bool takes_turns(const Policy& policy) const;
  Arena& arena(const Policy& policy);
  gemm::CublasLtBaselines& library(Arena& arena);
  Outcome<MeasureReport> time(const MeasureRequest& request);
  /// Each on the set of operands that a call names.
  Outcome<std::vector<gemm::GemmLaunch>> launches_on_sets(const std::vector<Contender>& contenders,
                                                          const Policy& policy);
  Outcome<std::vector<measure::Launch>> launches_of(const std::vector<Contender>& contenders,
                                                    const Policy& policy);
  void add_occupancy(const Contender& contender, Timing& timing) const;
  Outcome<gemm::GemmLaunch> launch_of(const Contender& contender, Arena& arena, bool overlaps = false);
  Outcome<CUkernel> kernel_of(const family::Family& family, const Config& config);

  cache::CubinCache cache_;
  std::filesystem::path line_table_;
  std::unique_ptr<Gpu> gpu_;
  /// By kernel and the parameters that the compiler sees: asking the cache costs 1.2 ms, a launch much less.
  std::map<std::pair<std::string_view, Config>, LoadedKernel> kernels_;
  std::unique_ptr<gemm::Operands> operands_;
  std::unique_ptr<gemm::Rotation> rotation_;
  Arena fixed_, rotating_;
  std::optional<bool> cupti_works_;
  std::unique_ptr<measure::CounterReader> counter_reader_;
};

}  // namespace gemmtune
