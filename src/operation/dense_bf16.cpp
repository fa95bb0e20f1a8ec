// D[M,N] = A[M,K] * B[N,K]^T in BF16 with FP32 accumulation: what FP8 is measured against.
#include "operation/operation.h"
#include "operation/providers.h"

namespace gemmtune::operation {

namespace {

// Two to four times what right kernels, ours and cuBLASLt's, show on an
// H100: 5.2e-10, 3.9e-9, 3.7e-8, 2.6e-7, 9.3e-7 of BF16, 1.2e-7, 4.7e-7, 2.1e-6, 7.9e-6, 1.9e-5 of FP32
// output. Sums of products in FP32 are truncated.
constexpr Gates::RmsLimit kErrorRms[] = {{128, 2e-9, 2.4e-7},
                                         {512, 1e-8, 9.5e-7},
                                         {2048, 8e-8, 4.2e-6},
                                         {7168, 5.2e-7, 1.6e-5},
                                         {16384, 1.9e-6, 3.8e-5}};

constexpr DataKind kExact[] = {DataKind::integer, DataKind::integer_unit};

constexpr std::string_view kBaselines[] = {provider::kCublasBf16};

}  // namespace

const Operation kDenseBf16 = {
    .kernel = "dense_bf16",
    .description =
        "D[M,N] = A[M,K] * B[N,K]^T or D += ..., BF16, FP32 accumulation, BF16 or FP32 out (Hopper)",
    .factors = {{ElementType::bf16, Granularity::none}, {ElementType::bf16, Granularity::none}},
    .roof = ComputeRoof::bf16,
    .k_multiple = 8,
    .k_constraint = "k_multiple_8",
    .k_reason = "TMA takes rows of 16-byte units",
    // Right kernels: 1.6e-7 at K 128 to 1.2e-6 at K 16384.
    .gates = {kErrorRms, {3e-8, 0.5}, {1e-4, 0}, kExact},
    .baselines = kBaselines,
};

}  // namespace gemmtune::operation
