// D[M,N] = A[M,K] * B[N,K]^T in E4M3, A with a scale for 128 of K in a row, B for blocks of 128 x 128: what
// DeepSeek's models and DeepGEMM made known; and the same of groups of rows, each with a B of its own.
#include "operation/operation.h"
#include "operation/providers.h"

namespace gemmtune::operation {

namespace {

// Right kernels keep the same error at every K: 2.0e-5 to 2.7e-5 of BF16, 1.27e-4 to 1.28e-4 of FP32 output
// (H100: the tensor core keeps 13 fraction bits of a k32 step); promotion every 256 of K makes 4.3e-5
// and 1.96e-4 (simulated).
constexpr Gates::RmsLimit kErrorRms[] = {{128, 3.8e-5, 1.6e-4}};

// {7, 9, 11, 13} with unit scales are exact only where every 128 of K are promoted.
constexpr DataKind kExact[] = {DataKind::integer, DataKind::integer_unit};

constexpr std::string_view kBaselines[] = {provider::kCublasLtBlock, provider::kCublasLtTensor,
                                           provider::kCublasBf16};

constexpr Factors kFactors = {{ElementType::e4m3, Granularity::row_128},
                              {ElementType::e4m3, Granularity::block_128}};

// Errors of K/32 steps average out: right kernels on an H100 3.2e-4 at K 128, 8.7e-6 at K 16384.
constexpr Gates kGates = {kErrorRms, {0.03, -0.75}, {2e-3, 0}, kExact};

constexpr Operation with_groups(std::string_view kernel, std::string_view description, Groups groups) {
  return {.kernel = kernel,
          .description = description,
          .factors = kFactors,
          .roof = ComputeRoof::fp8_promoted,
          .k_multiple = 128,
          .k_constraint = "k_multiple_128",
          .k_reason = "a scale covers 128 of K",
          .gates = kGates,
          .baselines = {},
          .groups = groups};
}

}  // namespace

const Operation kGroupedContiguous1d2d =
    with_groups("grouped_contiguous_1d2d",
                "dense_1d2d of groups of rows that lie one behind the other in one A and one D, each group "
                "with a B of its own: experts that prompts go to (Hopper)",
                Groups::contiguous);

const Operation kGroupedMasked1d2d =
    with_groups("grouped_masked_1d2d",
                "dense_1d2d of groups that have room for max_m rows each and say on the device how many they "
                "have, each with a B of its own: experts while decoding (Hopper)",
                Groups::masked);

const Operation kDense1d2d = {
    .kernel = "dense_1d2d",
    .description =
        "D[M,N] = A[M,K] * B[N,K]^T or D += ..., E4M3, A scaled 1x128, B scaled 128x128, BF16 or FP32 out "
        "(Hopper)",
    .factors = kFactors,
    .roof = ComputeRoof::fp8_promoted,
    .k_multiple = 128,
    .k_constraint = "k_multiple_128",
    .k_reason = "a scale covers 128 of K",
    .gates = kGates,
    .baselines = kBaselines,
};

}  // namespace gemmtune::operation
