// D[M,N] = A[M,K] * B[N,K]^T in E4M3, both with a scale for 128 of K in a row: what gradients of weights are
// made of, where both operands are activations or gradients.
#include "operation/operation.h"
#include "operation/providers.h"
#include "operation/scaled_1d2d.h"

namespace gemmtune::operation {

namespace {

constexpr std::string_view kBaselines[] = {provider::kCublasLtBlock, provider::kCublasLtTensor,
                                           provider::kCublasBf16};

}  // namespace

const Operation kDense1d1d = {
    .kernel = "dense_1d1d",
    .description =
        "D[M,N] = A[M,K] * B[N,K]^T or D += ..., E4M3, A and B scaled 1x128, BF16 or FP32 out (Hopper)",
    .factors = {{ElementType::e4m3, Granularity::row_128}, {ElementType::e4m3, Granularity::row_128}},
    .roof = ComputeRoof::fp8_promoted,
    .k_multiple = scaled_1d2d::kKMultiple,
    .k_constraint = scaled_1d2d::kKConstraint,
    .k_reason = scaled_1d2d::kKReason,
    // The same sums, promoted as often: right kernels show what those of dense_1d2d do (kernels/README.md).
    .gates = scaled_1d2d::kGates,
    .baselines = kBaselines,
};

}  // namespace gemmtune::operation
