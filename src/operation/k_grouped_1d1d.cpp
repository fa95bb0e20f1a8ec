// dense_1d1d of groups that share out K, each with a D of its own: the gradients of the weights of experts,
// whose tokens lie along K.
#include "operation/operation.h"
#include "operation/scaled_1d2d.h"

namespace gemmtune::operation {

const Operation kKGrouped1d1d = {
    .kernel = "k_grouped_1d1d",
    .description =
        "dense_1d1d of groups that share out K, one behind the other in one A and one B, each with a D of "
        "its "
        "own: gradients of experts' weights (Hopper)",
    .factors = {{ElementType::e4m3, Granularity::row_128}, {ElementType::e4m3, Granularity::row_128}},
    .roof = ComputeRoof::fp8_promoted,
    .k_multiple = scaled_1d2d::kKMultiple,
    .k_constraint = scaled_1d2d::kKConstraint,
    .k_reason = scaled_1d2d::kKReason,
    .gates = scaled_1d2d::kGates,
    .baselines = {},
    .groups = Groups::inner,
};

}  // namespace gemmtune::operation
