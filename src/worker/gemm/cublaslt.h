// The baselines: cuBLASLt with block scales, with one scale a tensor, and in BF16.
#pragma once

#include "core/messages.h"
#include "worker/gemm/launch.h"

#include <cublasLt.h>

#include <string>
#include <vector>

namespace gemmtune::gemm {

/// The heuristic's answers for one provider on one problem.
struct Answers {
  std::string provider;
  std::vector<cublasLtMatmulAlgo_t> algorithms;  ///< in the heuristic's order, best first in its opinion
  std::string refusal;                           ///< why there are none
};

/// Baselines of one problem. In cuBLASLt's column-major terms D is D^T: the weights are its A, the
/// tokens its B.
class CublasLtBaselines {
 public:
  /// What the sets point to must outlive the baselines. Sets with other operands get copies of what cuBLASLt
  /// needs of them, too.
  CublasLtBaselines(const OperandSets& sets, const SupportKernels& kernels, const gpu::Stream& stream);
  ~CublasLtBaselines();
  CublasLtBaselines(const CublasLtBaselines&) = delete;
  CublasLtBaselines& operator=(const CublasLtBaselines&) = delete;

  /// Those of the problem's operation.
  const std::vector<Answers>& answers() const { return answers_; }

  /// Launch of answer `index` of a provider. Throws InternalError when there is none.
  GemmLaunch launch(const std::string& provider, std::int64_t index) const;

  /// Whether the provider computes the very product of the reference, so that the gates apply.
  /// Not where it adds C in BF16: with 13.1 its error is twice our limit there (tests/gpu/outputs_test.cpp).
  static bool is_witness(const std::string& provider, const Problem& problem);

 private:
  struct Matmul;

  /// Operands of a set in the forms that cuBLASLt takes, where it does not take ours.
  struct Derived {
    gpu::DeviceBuffer scales_b;  ///< [ceil(n/128)][k/128 rounded up to 4] FP32
    gpu::DeviceBuffer a_bf16, b_bf16;
  };

  static Derived derive(const Problem& problem, const OperandSet& set, const SupportKernels& kernels,
                        const gpu::Stream& stream);
  void add(Matmul matmul);

  cublasLtHandle_t handle_ = nullptr;
  gpu::DeviceBuffer workspace_, one_;
  std::vector<Derived> derived_;
  std::vector<Matmul> matmuls_;  ///< one a provider, as answers_
  std::vector<Answers> answers_;
};

/// "130100" for 13.1.0.
std::string cublaslt_version();

}  // namespace gemmtune::gemm
