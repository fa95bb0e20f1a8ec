// Sums of a tile, handed through the cluster's shared memory from the CTAs that made them to the one that
// stores D.
#pragma once

#include "common/types.cuh"
#include "ptx/memory.cuh"

/// Part `index` of `total` things shared out over `shares`, the first ones one larger where they do not
/// divide.
struct Share {
  uint32 first;
  uint32 count;
};

__device__ __forceinline__ Share share_of(uint32 total, uint32 shares, uint32 index) {
  const uint32 least = total / shares, larger = total % shares;
  return {index * least + min_of(index, larger), least + (index < larger ? 1u : 0u)};
}

/// Sends this thread's sums to `sums` in CTA `owner`, four every 2048 bytes: the 128 threads of a warpgroup
/// side by side. Each store completes its bytes at `barrier` there. Both addresses are this CTA's of the same
/// places.
template <uint32 Waves, uint32 Count>
__device__ __forceinline__ void send_sums(const float (&sum)[Waves][Count], uint32 sums, uint32 barrier,
                                          uint32 owner) {
  const uint32 remote_sums = cluster_address(sums + threadIdx.x % 128 * 16, owner);
  const uint32 remote_barrier = cluster_address(barrier, owner);
#pragma unroll
  for (uint32 wave = 0; wave < Waves; ++wave)
#pragma unroll
    for (uint32 i = 0; i < Count; i += 4)
      store_cluster_4(remote_sums + (wave * Count + i) * 512, &sum[wave][i], remote_barrier);
}

/// Adds what the others of `Sharers` CTAs sent, behind each other from `sums` on, in their order: every
/// launch gives the same bits.
template <uint32 Sharers, uint32 Waves, uint32 Count>
__device__ __forceinline__ void add_sent_sums(float (&sum)[Waves][Count], uint32 sums) {
#pragma unroll
  for (uint32 sender = 1; sender < Sharers; ++sender)
#pragma unroll
    for (uint32 wave = 0; wave < Waves; ++wave)
#pragma unroll
      for (uint32 i = 0; i < Count; i += 4) {
        const uint32 offset = (((sender - 1) * Waves + wave) * Count + i) * 512 + threadIdx.x % 128 * 16;
        const float4 sent = load_shared_4(sums + offset);
        sum[wave][i] += sent.x;
        sum[wave][i + 1] += sent.y;
        sum[wave][i + 2] += sent.z;
        sum[wave][i + 3] += sent.w;
      }
}
