#include "worker/gemm/cublaslt.h"

#include "core/row.h"
#include "util/error.h"
#include "worker/gpu/check.h"

namespace gemmtune::gemm {

namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{64} << 20;
constexpr int kMostAnswers = 32;

void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw std::runtime_error(std::string(what) + ": " + cublasLtGetStatusName(status));
}

template <typename T>
void set(cublasLtMatmulDesc_t description, cublasLtMatmulDescAttributes_t attribute, const T& value) {
  check(cublasLtMatmulDescSetAttribute(description, attribute, &value, sizeof value),
        "cublasLtMatmulDescSetAttribute");
}

cublasLtMatrixLayout_t layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns) {
  cublasLtMatrixLayout_t made = nullptr;
  check(cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(rows),
                                   static_cast<std::uint64_t>(columns), rows),
        "cublasLtMatrixLayoutCreate");
  return made;
}

/// B's scales as cuBLASLt wants them: rows of K/128 padded to a multiple of 4.
gpu::DeviceBuffer pad_scales(const Operands& o, const gpu::Stream& stream) {
  const auto k_blocks = static_cast<std::size_t>(o.problem.k / 128), padded = (k_blocks + 3) / 4 * 4;
  const auto n_blocks = static_cast<std::size_t>((o.problem.n + 127) / 128);
  gpu::DeviceBuffer scales(n_blocks * padded * sizeof(float));
  gpu::check(cudaMemsetAsync(scales.data(), 0, scales.bytes(), stream.get()), "cudaMemsetAsync");
  gpu::check(
      cudaMemcpy2DAsync(scales.data(), padded * sizeof(float), o.scales_b.data(), k_blocks * sizeof(float),
                        k_blocks * sizeof(float), n_blocks, cudaMemcpyDeviceToDevice, stream.get()),
      "cudaMemcpy2DAsync(scales)");
  return scales;
}

}  // namespace

/// One provider's description and operands. D^T[n,m] = W[n,k] * X[m,k]^T: W transposed from its k x n view.
struct CublasLtBaselines::Matmul {
  std::string provider;
  cublasLtMatmulDesc_t description = nullptr;
  cublasLtMatrixLayout_t weights = nullptr, tokens = nullptr, out = nullptr;
  const void* weights_data = nullptr;
  const void* tokens_data = nullptr;

  Matmul(std::string name, cudaDataType_t type, const Problem& p, const void* w, const void* x)
      : provider(std::move(name)), weights_data(w), tokens_data(x) {
    check(cublasLtMatmulDescCreate(&description, CUBLAS_COMPUTE_32F, CUDA_R_32F), "cublasLtMatmulDescCreate");
    set(description, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
    set(description, CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N);
    weights = layout(type, p.k, p.n);
    tokens = layout(type, p.k, p.m);
    out = layout(CUDA_R_16BF, p.n, p.m);
  }
  Matmul(Matmul&& other) noexcept
      : provider(std::move(other.provider)),
        description(std::exchange(other.description, nullptr)),
        weights(std::exchange(other.weights, nullptr)),
        tokens(std::exchange(other.tokens, nullptr)),
        out(std::exchange(other.out, nullptr)),
        weights_data(other.weights_data),
        tokens_data(other.tokens_data) {}
  ~Matmul() {
    if (description == nullptr) return;
    cublasLtMatrixLayoutDestroy(out);
    cublasLtMatrixLayoutDestroy(tokens);
    cublasLtMatrixLayoutDestroy(weights);
    cublasLtMatmulDescDestroy(description);
  }

  void scale(cublasLtMatmulMatrixScale_t mode_weights, const void* scales_weights,
             cublasLtMatmulMatrixScale_t mode_tokens, const void* scales_tokens) {
    set(description, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, mode_weights);
    set(description, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, mode_tokens);
    set(description, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, scales_weights);
    set(description, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, scales_tokens);
  }
};

CublasLtBaselines::CublasLtBaselines(const Operands& o, const SupportKernels& kernels,
                                     const gpu::Stream& stream)
    : operands_(o), workspace_(kWorkspaceBytes), block_scales_b_(pad_scales(o, stream)) {
  const Problem& p = o.problem;
  const std::int64_t k_blocks = p.k / 128;
  check(cublasLtCreate(&handle_), "cublasLtCreate");

  Matmul block(provider::kCublasLtBlock, CUDA_R_8F_E4M3, p, o.b.data(), o.a.data());
  block.scale(CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F, block_scales_b_.data(),
              CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F, o.scales_a.data());
  add(std::move(block));

  one_ = gpu::DeviceBuffer(sizeof(float));
  const float one = 1;
  gpu::check(cudaMemcpy(one_.data(), &one, sizeof one, cudaMemcpyHostToDevice), "cudaMemcpy(one)");
  Matmul tensor(provider::kCublasLtTensor, CUDA_R_8F_E4M3, p, o.b.data(), o.a.data());
  tensor.scale(CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F, one_.data(), CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F,
               one_.data());
  add(std::move(tensor));

  a_bf16_ = gpu::DeviceBuffer(static_cast<std::size_t>(p.m * p.k * 2));
  b_bf16_ = gpu::DeviceBuffer(static_cast<std::size_t>(p.n * p.k * 2));
  kernels.to_bf16(a_bf16_.as<std::uint16_t>(), o.a.as<std::uint8_t>(), o.scales_a.as<float>(), p.m, p.k, 1, 1,
                  o.padded_m, stream.get());
  kernels.to_bf16(b_bf16_.as<std::uint16_t>(), o.b.as<std::uint8_t>(), o.scales_b.as<float>(), p.n, p.k, 128,
                  k_blocks, 1, stream.get());
  add(Matmul(provider::kCublasBf16, CUDA_R_16BF, p, b_bf16_.data(), a_bf16_.data()));
  stream.synchronise();
}

CublasLtBaselines::~CublasLtBaselines() {
  matmuls_.clear();
  if (handle_ != nullptr) cublasLtDestroy(handle_);
}

void CublasLtBaselines::add(Matmul matmul) {
  Answers answers{matmul.provider, {}, ""};
  cublasLtMatmulPreference_t preference = nullptr;
  check(cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
  check(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                             &kWorkspaceBytes, sizeof kWorkspaceBytes),
        "cublasLtMatmulPreferenceSetAttribute");
  std::vector<cublasLtMatmulHeuristicResult_t> results(kMostAnswers);
  int found = 0;
  const cublasStatus_t status =
      cublasLtMatmulAlgoGetHeuristic(handle_, matmul.description, matmul.weights, matmul.tokens, matmul.out,
                                     matmul.out, preference, kMostAnswers, results.data(), &found);
  cublasLtMatmulPreferenceDestroy(preference);
  for (int i = 0; i < found; ++i)
    if (results[i].state == CUBLAS_STATUS_SUCCESS) answers.algorithms.push_back(results[i].algo);
  if (answers.algorithms.empty())
    answers.refusal = std::string("cublasLtMatmulAlgoGetHeuristic: ") +
                      (status == CUBLAS_STATUS_SUCCESS ? "no answer" : cublasLtGetStatusName(status));
  answers_.push_back(std::move(answers));
  matmuls_.push_back(std::move(matmul));
}

GemmLaunch CublasLtBaselines::launch(const std::string& provider, std::int64_t index) const {
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    if (answers_[i].provider != provider) continue;
    ensure(index >= 0 && index < static_cast<std::int64_t>(answers_[i].algorithms.size()),
           provider + " has no answer " + std::to_string(index));
    const Matmul& matmul = matmuls_[i];
    const cublasLtMatmulAlgo_t algorithm = answers_[i].algorithms[static_cast<std::size_t>(index)];
    return [this, &matmul, algorithm](cudaStream_t stream, int which) {
      const float alpha = 1, beta = 0;
      void* const d = operands_.output[which].d();
      check(cublasLtMatmul(handle_, matmul.description, &alpha, matmul.weights_data, matmul.weights,
                           matmul.tokens_data, matmul.tokens, &beta, d, matmul.out, d, matmul.out, &algorithm,
                           workspace_.data(), workspace_.bytes(), stream),
            "cublasLtMatmul");
    };
  }
  throw InternalError("unknown provider " + provider);
}

bool CublasLtBaselines::is_witness(const std::string& provider) {
  return provider == provider::kCublasLtBlock;
}

std::string cublaslt_version() {
  return std::to_string(cublasLtGetVersion());
}

}  // namespace gemmtune::gemm
