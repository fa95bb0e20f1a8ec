// What the worker does for each request: the state of one prepared problem and the cubins loaded so far.
#pragma once

#include "cache/cubin_cache.h"
#include "core/messages.h"
#include "worker/gemm/cublaslt.h"
#include "worker/gemm/operands.h"
#include "worker/gemm/rotation.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

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

 private:
  struct Gpu;           // device, stream, support kernels: made once
  struct LoadedKernel;  // a cubin of ours

  /// What launches choose their operands from, and cuBLASLt on it, made when first asked for.
  struct Arena {
    gemm::OperandSets sets;
    std::unique_ptr<gemm::CublasLtBaselines> library;
  };

  Gpu& gpu();
  const gemm::Operands& operands() const;
  /// The operands with their two outputs, or under `cold_rotate` copies of them, made when first asked for.
  Arena& arena(L2Policy l2);
  gemm::CublasLtBaselines& library(Arena& arena);
  Outcome<gemm::GemmLaunch> launch_of(const Contender& contender, Arena& arena);

  cache::CubinCache cache_;
  std::unique_ptr<Gpu> gpu_;
  std::map<std::string, LoadedKernel> kernels_;  ///< by hash
  std::unique_ptr<gemm::Operands> operands_;
  std::unique_ptr<gemm::Rotation> rotation_;
  Arena fixed_, rotating_;
  std::optional<bool> cupti_works_;
};

}  // namespace gemmtune
