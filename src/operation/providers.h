// Who computes: ours, the libraries that are raced beside it, and others whose figures come from files. One
// table.
#pragma once

#include "core/row.h"
#include "operation/operation.h"

#include <string_view>

namespace gemmtune::provider {

inline constexpr std::string_view kDeepGemm = "deepgemm";
inline constexpr std::string_view kTorchBlock = "torch_scaled_mm_block";
inline constexpr std::string_view kTorchTensor = "torch_scaled_mm_tensor";
inline constexpr std::string_view kTritonBlock = "triton_block";
/// Groups by other means: one launch of dense_1d2d each; all groups padded to the largest, as one batch.
inline constexpr std::string_view kLoopOfDense = "loop_of_dense";
inline constexpr std::string_view kPaddedBatch = "padded_batch";

/// Which problems a provider computes.
enum class Computes { dense, groups, both };

/// What a provider's own product is. Ours is the problem's operation.
struct Provider {
  std::string_view id;       ///< in rows and files; frozen
  std::string_view words;    ///< "cuBLASLt, same block scales"
  std::string_view heading;  ///< of its column: "block"
  operation::Factors factors;
  operation::ComputeRoof roof;
  bool library;  ///< raced here; else its figures come from a file
  Computes computes = Computes::dense;
  bool needs_host_sizes = false;  ///< of groups: it cannot be in a CUDA graph while their sizes change
  bool takes_rows_b = false;      ///< B scaled 1x128, as A is, where the problem has it so
};

/// Null for ours, and for one that nobody knows.
const Provider* find(std::string_view id);

/// Whether it computes the very product of the problem, groups and all, so that the gates apply to it and its
/// time is a peer's.
bool same_product(std::string_view id, const Problem& problem);

/// What it multiplies where the problem is that; of ours, and of one nobody knows, the problem's own.
operation::Factors factors(std::string_view id, const Problem& problem);

/// Of the product that it computes; of one nobody knows, and of ours, the problem's own.
std::int64_t bytes(std::string_view id, const Problem& problem);
operation::ComputeRoof roof(std::string_view id, const Problem& problem);

}  // namespace gemmtune::provider
