// dense_1d2d of groups of rows that lie one behind the other, each with a B of its own: what prefill of a
// mixture of experts is made of.
#include "operation/operation.h"
#include "operation/scaled_1d2d.h"

namespace gemmtune::operation {

const Operation kGroupedContiguous1d2d = {
    .kernel = "grouped_contiguous_1d2d",
    .description =
        "dense_1d2d of groups of rows that lie one behind the other in one A and one D, each group with a B "
        "of its own: experts that prompts go to (Hopper)",
    .factors = scaled_1d2d::kFactors,
    .roof = ComputeRoof::fp8_promoted,
    .k_multiple = scaled_1d2d::kKMultiple,
    .k_constraint = scaled_1d2d::kKConstraint,
    .k_reason = scaled_1d2d::kKReason,
    .gates = scaled_1d2d::kGates,
    .baselines = {},
    .groups = Groups::contiguous,
};

}  // namespace gemmtune::operation
