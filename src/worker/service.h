// What the worker does for each request: the state of one prepared problem and the cubins loaded so far.
#pragma once

#include "cache/cubin_cache.h"
#include "core/messages.h"
#include "family/family.h"
#include "worker/gemm/cublaslt.h"
#include "worker/gemm/operands.h"
#include "worker/gemm/rotation.h"

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
  Service();
  ~Service();

  Outcome<Environment> describe();
  Outcome<CompileReport> compile(const CompileRequest& request);
  Outcome<PrepareReport> prepare(const PrepareRequest& request);
  Outcome<std::vector<Baseline>> baselines();
  Outcome<Verdict> verify(const VerifyRequest& request);
  Outcome<MeasureReport> measure(const MeasureRequest& request);
  Outcome<CeilingsReport> ceilings(const CeilingsRequest& request);

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
  Arena& arena(const Policy& policy);
  gemm::CublasLtBaselines& library(Arena& arena);
  Outcome<MeasureReport> time(const MeasureRequest& request);
  void add_occupancy(const Contender& contender, Timing& timing) const;
  Outcome<gemm::GemmLaunch> launch_of(const Contender& contender, Arena& arena);
  Outcome<CUkernel> kernel_of(const family::Family& family, const Config& config);

  cache::CubinCache cache_;
  std::unique_ptr<Gpu> gpu_;
  /// By kernel and the parameters that the compiler sees: asking the cache costs 1.2 ms, a launch much less.
  std::map<std::pair<std::string_view, Config>, LoadedKernel> kernels_;
  std::unique_ptr<gemm::Operands> operands_;
  std::unique_ptr<gemm::Rotation> rotation_;
  Arena fixed_, rotating_;
  std::optional<bool> cupti_works_;
};

}  // namespace gemmtune
