// Compiled once for each configuration of layout_test.cpp, which its macros say.
#include "fakes/device/device.h"
#if GROUPED_K
#include "schedule/k_grouped_walk.cuh"
#elif GROUPED
#define GROUP_LAYOUT kOffsets
#include "schedule/grouped_walk.cuh"
#else
#include "schedule/tile_walk.cuh"
#endif
#include "pipeline/layout.cuh"

/// What kernels/pipeline/layout.cuh takes of shared memory, in bytes, the table of groups left out.
unsigned SIZE_OF() {
  return kOffsetGroups;
}
