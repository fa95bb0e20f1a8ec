// dense_1d2d of groups that have room for as many rows each, and counts, each with a B of its own: what
// decoding of a mixture of experts is made of.
#include "operation/operation.h"
#include "operation/scaled_1d2d.h"

namespace gemmtune::operation {

const Operation kGroupedMasked1d2d = {
    .kernel = "grouped_masked_1d2d",
    .description =
        "dense_1d2d of groups that have room for max_m rows each and say on the device how many they have, "
        "each with a B of its own: experts while decoding (Hopper)",
    .factors = scaled_1d2d::kFactors,
    .roof = ComputeRoof::fp8_promoted,
    .k_multiple = scaled_1d2d::kKMultiple,
    .k_constraint = scaled_1d2d::kKConstraint,
    .k_reason = scaled_1d2d::kKReason,
    .gates = scaled_1d2d::kGates,
    .baselines = {},
    .groups = Groups::masked,
};

}  // namespace gemmtune::operation
