// D[M,N] = A[M,K] * B[N,K]^T in E4M3 with one scale an operand: what block scaling is compared with.
#include "operation/operation.h"
#include "operation/providers.h"

namespace gemmtune::operation {

namespace {

// 1.25 times what the tensor core's own accumulator shows when it runs through all of K (DeepGEMM on an H100,
// without promotion: 7.9e-5, 2.9e-4, 9.1e-4, 1.9e-3 of BF16, 3.4e-4, 8.6e-4, 1.9e-3, 3.1e-3 of FP32 output).
constexpr Gates::RmsLimit kErrorRms[] = {{128, 3.8e-5, 1.6e-4},
                                         {512, 9.9e-5, 4.3e-4},
                                         {2048, 3.6e-4, 1.08e-3},
                                         {7168, 1.14e-3, 2.4e-3},
                                         {16384, 2.4e-3, 3.9e-3}};

constexpr DataKind kExact[] = {DataKind::integer};

constexpr std::string_view kBaselines[] = {provider::kCublasLtTensor, provider::kCublasBf16};

}  // namespace

const Operation kDenseTensor = {
    .kernel = "dense_tensor",
    .description =
        "D[M,N] = A[M,K] * B[N,K]^T or D += ..., E4M3, one scale a tensor, no promotion inside K, BF16 or "
        "FP32 out (Hopper)",
    .factors = {{ElementType::e4m3, Granularity::tensor}, {ElementType::e4m3, Granularity::tensor}},
    .roof = ComputeRoof::fp8,
    .k_multiple = 16,
    .k_constraint = "k_multiple_16",
    .k_reason = "TMA takes rows of 16-byte units",
    // Right kernels on an H100: 1.7e-4 at K 128 to 5.8e-4 at K 7168; of one sign 2.2e-5 times K.
    .gates = {kErrorRms, {8e-4, 0}, {3.2e-5, 1}, kExact},
    .baselines = kBaselines,
};

}  // namespace gemmtune::operation
