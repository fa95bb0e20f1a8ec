// grouped_contiguous_1d2d: the rows of all groups in one A, group after group: what prefill of a mixture of
// experts is made of. LAYOUT_OFFSETS 1: the ends of the groups are given, 0: the group of each row. All else
// in gemm/grouped_1d2d.cuh.
#pragma once

#define GROUPED_ENTRY grouped_contiguous_1d2d
#define GROUP_LAYOUT (LAYOUT_OFFSETS ? kOffsets : kIndices)

#include "gemm/grouped_1d2d.cuh"
