// Partial sums of a tile, handed through shared memory from the k-groups that made them to the one that
// stores D.
#pragma once

#include "common/types.cuh"
#include "ptx/memory.cuh"

/// Leaves this thread's sums at `partials`, one every 512 bytes: the 128 threads of a warpgroup side by side.
template <uint32 Waves, uint32 Count>
__device__ __forceinline__ void leave_partials(const float (&sum)[Waves][Count], uint32 partials) {
#pragma unroll
  for (uint32 wave = 0; wave < Waves; ++wave)
#pragma unroll
    for (uint32 i = 0; i < Count; ++i) store_shared(partials + (wave * Count + i) * 512, sum[wave][i]);
}

/// Adds what `groups` others left, `group_bytes` apart, in their order: every launch gives the same bits.
template <uint32 Groups, uint32 Waves, uint32 Count>
__device__ __forceinline__ void add_partials(float (&sum)[Waves][Count], uint32 partials,
                                             uint32 group_bytes) {
#pragma unroll
  for (uint32 group = 0; group < Groups; ++group)
#pragma unroll
    for (uint32 wave = 0; wave < Waves; ++wave)
#pragma unroll
      for (uint32 i = 0; i < Count; ++i)
        sum[wave][i] += load_shared(partials + group * group_bytes + (wave * Count + i) * 512);
}
