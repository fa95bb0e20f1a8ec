// Bulk copies of contiguous bytes between global and shared memory: TMA without a tensor map. One thread
// issues; addresses and sizes are multiples of 16 bytes.
#pragma once

#include "common/types.cuh"

/// Global -> this CTA's shared memory; completes `barrier` with the bytes. `l2_hint` is a cache-policy word.
__device__ __forceinline__ void bulk_load(uint32 destination, const void* source, uint32 bytes,
                                          uint32 barrier, uint64 l2_hint) {
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint"
      " [%0], [%1], %2, [%3], %4;" ::"r"(destination),
      "l"(source), "r"(bytes), "r"(barrier), "l"(l2_hint)
      : "memory");
}
