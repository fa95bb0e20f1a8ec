#include "worker/gemm/cublaslt.h"

#include "core/row.h"
#include "operation/providers.h"
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

cublasLtMatrixLayout_t layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns,
                              std::int64_t pitch) {
  cublasLtMatrixLayout_t made = nullptr;
  check(cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(rows),
                                   static_cast<std::uint64_t>(columns), pitch),
        "cublasLtMatrixLayoutCreate");
  return made;
}

/// B's scales as cuBLASLt wants them: rows of K/128 padded to a multiple of 4.
gpu::DeviceBuffer pad_scales(const float* scales_b, const Problem& p, const gpu::Stream& stream) {
  const auto k_blocks = static_cast<std::size_t>(p.k / 128), padded = (k_blocks + 3) / 4 * 4;
  const auto n_blocks = static_cast<std::size_t>((p.n + 127) / 128);
  gpu::DeviceBuffer scales(n_blocks * padded * sizeof(float));
  gpu::check(cudaMemsetAsync(scales.data(), 0, scales.bytes(), stream.get()), "cudaMemsetAsync");
  gpu::check(cudaMemcpy2DAsync(scales.data(), padded * sizeof(float), scales_b, k_blocks * sizeof(float),
                               k_blocks * sizeof(float), n_blocks, cudaMemcpyDeviceToDevice, stream.get()),
             "cudaMemcpy2DAsync(scales)");
  return scales;
}

/// What one launch reads and writes; no scales where the provider has none.
struct Places {
  const void* weights;
  const void* tokens;
  const void* scales_weights;
  const void* scales_tokens;
  void* d;
};

}  // namespace

/// One provider's description and operands. D^T[n,m] = W[n,k] * X[m,k]^T: W transposed from its k x n view.
struct CublasLtBaselines::Matmul {
  std::string provider;
  cublasLtMatmulDesc_t description = nullptr;
  cublasLtMatrixLayout_t weights = nullptr, tokens = nullptr, out = nullptr;
  std::vector<Places> places;  ///< one a set
  float beta = 0;              ///< 1: C is where D is

  Matmul(std::string name, const Problem& p) : provider(std::move(name)), beta(p.accumulate ? 1 : 0) {
    const operation::Factors factors = provider::factors(provider, p);
    const auto type = factors.a.type == operation::ElementType::bf16 ? CUDA_R_16BF : CUDA_R_8F_E4M3;
    check(cublasLtMatmulDescCreate(&description, CUBLAS_COMPUTE_32F, CUDA_R_32F), "cublasLtMatmulDescCreate");
    set(description, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
    set(description, CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N);
    weights = layout(type, p.k, p.n, p.b_stride());
    tokens = layout(type, p.k, p.m, p.a_stride());
    out = layout(p.out == OutputType::fp32 ? CUDA_R_32F : CUDA_R_16BF, p.n, p.m, p.d_stride());
    if (factors.a.scales == operation::Granularity::row_128)
      set_scale_modes(factors.b.scales == operation::Granularity::row_128
                          ? CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F
                          : CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F,
                      CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F);
    if (factors.a.scales == operation::Granularity::tensor)
      set_scale_modes(CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F, CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F);
  }
  Matmul(Matmul&& other) noexcept
      : provider(std::move(other.provider)),
        description(std::exchange(other.description, nullptr)),
        weights(std::exchange(other.weights, nullptr)),
        tokens(std::exchange(other.tokens, nullptr)),
        out(std::exchange(other.out, nullptr)),
        places(std::move(other.places)),
        beta(other.beta) {}
  ~Matmul() {
    if (description == nullptr) return;
    cublasLtMatrixLayoutDestroy(out);
    cublasLtMatrixLayoutDestroy(tokens);
    cublasLtMatrixLayoutDestroy(weights);
    cublasLtMatmulDescDestroy(description);
  }

  void set_scale_modes(cublasLtMatmulMatrixScale_t mode_weights, cublasLtMatmulMatrixScale_t mode_tokens) {
    set(description, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, mode_weights);
    set(description, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, mode_tokens);
  }

  /// The operands as they are where the product is the problem's own; else of their values what this product
  /// takes: without the block scales (`one` instead), or in BF16.
  void add_place(const Problem& p, const OperandSet& o, const Derived& own, const void* one) {
    const operation::Factors mine = provider::factors(provider, p);
    const bool same = mine == operation::of(p).factors;
    if (mine.a.type == operation::ElementType::bf16)
      places.push_back({same ? o.b.values : own.b_bf16.data(), same ? o.a.values : own.a_bf16.data(), nullptr,
                        nullptr, o.d});
    else if (mine.a.scales == operation::Granularity::row_128)
      places.push_back({o.b.values, o.a.values,
                        mine.b.scales == operation::Granularity::row_128 ? o.b.scales : own.scales_b.data(),
                        o.a.scales, o.d});
    else
      places.push_back({o.b.values, o.a.values, same ? o.b.scales : one, same ? o.a.scales : one, o.d});
  }

  /// The scales' addresses are part of the description, unlike the operands'.
  void point_at_scales(const Places& place) const {
    if (place.scales_weights == nullptr) return;
    set(description, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, place.scales_weights);
    set(description, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, place.scales_tokens);
  }
};

CublasLtBaselines::CublasLtBaselines(const OperandSets& sets, const SupportKernels& kernels,
                                     const gpu::Stream& stream)
    : workspace_(kWorkspaceBytes), one_(sizeof(float)) {
  check(cublasLtCreate(&handle_), "cublasLtCreate");
  const float one = 1;
  gpu::check(cudaMemcpy(one_.data(), &one, sizeof one, cudaMemcpyHostToDevice), "cudaMemcpy(one)");

  std::vector<Matmul> matmuls;
  for (const std::string_view name : operation::of(sets.problem).baselines)
    matmuls.emplace_back(std::string(name), sets.problem);
  const void* last_b = nullptr;
  for (const OperandSet& o : sets.sets) {
    if (o.b.values != last_b)  // else only the output differs
      derived_.push_back(derive(sets.problem, o, kernels, stream));
    last_b = o.b.values;
    for (Matmul& matmul : matmuls) matmul.add_place(sets.problem, o, derived_.back(), one_.data());
  }
  for (Matmul& matmul : matmuls) add(std::move(matmul));
  stream.synchronise();
}

CublasLtBaselines::Derived CublasLtBaselines::derive(const Problem& p, const OperandSet& o,
                                                     const SupportKernels& kernels,
                                                     const gpu::Stream& stream) {
  const FactorShape a = shape_of_a(p), b = shape_of_b(p);
  const auto bf16 = [&](const FactorShape& shape, const FactorPlace& place) {
    if (shape.factor.type == operation::ElementType::bf16) return gpu::DeviceBuffer();
    gpu::DeviceBuffer made(static_cast<std::size_t>(shape.rows * shape.pitch * 2));
    kernels.to_bf16(made.as<std::uint16_t>(), shape, place, stream.get());
    return made;
  };
  Derived derived;
  if (b.factor.scales == operation::Granularity::block_128)
    derived.scales_b = pad_scales(o.b.scales, p, stream);
  derived.a_bf16 = bf16(a, o.a);
  derived.b_bf16 = bf16(b, o.b);
  return derived;
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
  matmul.point_at_scales(matmul.places.front());
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
    return [this, &matmul, algorithm](cudaStream_t stream, int set) {
      const float alpha = 1;
      const Places& place = matmul.places.at(static_cast<std::size_t>(set));
      matmul.point_at_scales(place);
      check(cublasLtMatmul(handle_, matmul.description, &alpha, place.weights, matmul.weights, place.tokens,
                           matmul.tokens, &matmul.beta, place.d, matmul.out, place.d, matmul.out, &algorithm,
                           workspace_.data(), workspace_.bytes(), stream),
            "cublasLtMatmul");
    };
  }
  throw InternalError("unknown provider " + provider);
}

bool CublasLtBaselines::is_witness(const std::string& provider, const Problem& problem) {
  return provider::same_product(provider, problem) &&
         !(problem.accumulate && problem.out == OutputType::bf16);
}

std::string cublaslt_version() {
  return std::to_string(cublasLtGetVersion());
}

}  // namespace gemmtune::gemm
