#include "operation/providers.h"

#include "core/groups.h"

#include <algorithm>

namespace gemmtune::provider {

namespace {

using operation::ComputeRoof;
using operation::ElementType;
using operation::Factors;
using operation::Granularity;

constexpr Factors kBlock = {{ElementType::e4m3, Granularity::row_128},
                            {ElementType::e4m3, Granularity::block_128}};
constexpr Factors kRows = {{ElementType::e4m3, Granularity::row_128},
                           {ElementType::e4m3, Granularity::row_128}};
constexpr Factors kTensor = {{ElementType::e4m3, Granularity::tensor},
                             {ElementType::e4m3, Granularity::tensor}};
constexpr Factors kBf16 = {{ElementType::bf16, Granularity::none}, {ElementType::bf16, Granularity::none}};

constexpr Provider kOthers[] = {
    {kCublasLtBlock, "cuBLASLt, same block scales", "block", kBlock, ComputeRoof::fp8_promoted, true,
     Computes::dense, /*needs_host_sizes=*/false, /*takes_rows_b=*/true},
    {kCublasLtTensor, "cuBLASLt, per-tensor FP8", "tensor", kTensor, ComputeRoof::fp8, true},
    {kCublasBf16, "cuBLASLt, BF16", "BF16", kBf16, ComputeRoof::bf16, true},
    {kDeepGemm, "DeepGEMM", "DeepGEMM", kBlock, ComputeRoof::fp8_promoted, false, Computes::both,
     /*needs_host_sizes=*/false, /*takes_rows_b=*/true},
    {kTorchBlock, "torch._scaled_mm, same block scales", "torch", kBlock, ComputeRoof::fp8_promoted, false},
    {kTorchTensor, "torch._scaled_mm, per-tensor FP8", "torch tensor", kTensor, ComputeRoof::fp8, false},
    {kTritonBlock, "Triton, same block scales", "Triton", kBlock, ComputeRoof::fp8_promoted, false},
    {kLoopOfDense, "a loop of dense launches", "loop", kBlock, ComputeRoof::fp8_promoted, false,
     Computes::groups, /*needs_host_sizes=*/true, /*takes_rows_b=*/true},
    {kPaddedBatch, "padded to the largest group, as a batch", "padded", kBlock, ComputeRoof::fp8_promoted,
     false, Computes::groups, /*needs_host_sizes=*/true},
};

}  // namespace

const Provider* find(std::string_view id) {
  const auto found = std::ranges::find(kOthers, id, &Provider::id);
  return found == std::end(kOthers) ? nullptr : found;
}

operation::Factors factors(std::string_view id, const Problem& problem) {
  const Provider* other = find(id);
  const Factors& own = operation::of(problem).factors;
  if (other == nullptr || (other->takes_rows_b && own == kRows)) return own;
  return other->factors;
}

bool same_product(std::string_view id, const Problem& problem) {
  const Provider* other = find(id);
  if (other == nullptr) return id == kGemmtune;
  const bool such =
      other->computes == Computes::both || (other->computes == Computes::groups) == is_grouped(problem);
  return such && factors(id, problem) == operation::of(problem).factors;
}

std::int64_t bytes(std::string_view id, const Problem& problem) {
  return operation::bytes(factors(id, problem), problem);
}

operation::ComputeRoof roof(std::string_view id, const Problem& problem) {
  const Provider* other = find(id);
  return other == nullptr ? operation::of(problem).roof : other->roof;
}

}  // namespace gemmtune::provider
