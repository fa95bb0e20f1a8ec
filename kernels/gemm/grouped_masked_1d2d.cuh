// grouped_masked_1d2d: each group has room for as many rows, of which the first ones, counted on the device,
// are there: what decoding of a mixture of experts is made of. All else in gemm/grouped_1d2d.cuh.
#pragma once

#define GROUPED_ENTRY grouped_masked_1d2d
#define GROUP_LAYOUT kCounts

#include "gemm/grouped_1d2d.cuh"
