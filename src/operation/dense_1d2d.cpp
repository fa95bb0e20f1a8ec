// D[M,N] = A[M,K] * B[N,K]^T in E4M3, A with a scale for 128 of K in a row, B for blocks of 128 x 128: what
// DeepSeek's models and DeepGEMM made known.
#include "operation/operation.h"
#include "operation/providers.h"
#include "operation/scaled_1d2d.h"

namespace gemmtune::operation {

namespace {

constexpr std::string_view kBaselines[] = {provider::kCublasLtBlock, provider::kCublasLtTensor,
                                           provider::kCublasBf16};

}  // namespace

const Operation kDense1d2d = {
    .kernel = "dense_1d2d",
    .description =
        "D[M,N] = A[M,K] * B[N,K]^T or D += ..., E4M3, A scaled 1x128, B scaled 128x128, BF16 or FP32 out "
        "(Hopper)",
    .factors = scaled_1d2d::kFactors,
    .roof = ComputeRoof::fp8_promoted,
    .k_multiple = scaled_1d2d::kKMultiple,
    .k_constraint = scaled_1d2d::kKConstraint,
    .k_reason = scaled_1d2d::kKReason,
    .gates = scaled_1d2d::kGates,
    .baselines = kBaselines,
};

}  // namespace gemmtune::operation
