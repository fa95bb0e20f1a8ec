// Barriers between warps and CTAs, and the register file's split between warpgroups.
#pragma once

#include "common/types.cuh"

/// Named barrier `id` (1-15; 0 is __syncthreads) among `threads` threads, a multiple of 32.
__device__ __forceinline__ void named_barrier_sync(uint32 id, uint32 threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

/// Counts the caller's warp at the barrier without waiting.
__device__ __forceinline__ void named_barrier_arrive(uint32 id, uint32 threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

/// All threads of all CTAs of the cluster arrive, each warp converged; a thread waits before it arrives
/// again. Orders no memory but what a fence did: barriers, by fence_barrier_init. NOTES: not `.release`,
/// which waits for the thread's stores: at the start and the end of a kernel of 10 us it cost 0.6 us each.
__device__ __forceinline__ void cluster_arrive() {
  asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");
}

__device__ __forceinline__ void cluster_wait() {
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}

__device__ __forceinline__ uint32 cluster_cta_rank() {
  uint32 rank;
  asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}

/// Lets a grid that was launched as this one's programmatic dependent begin as soon as there is room for it;
/// once a CTA, which counts until it has or has ended. Nothing for any other grid.
__device__ __forceinline__ void grid_allow_dependent() {
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

/// Until the grids before this one have ended and their stores are visible; at once for a grid that was not
/// launched as their programmatic dependent.
__device__ __forceinline__ void grid_wait() {
  asm volatile("griddepcontrol.wait;" ::: "memory");
}

/// All four warps of a warpgroup give registers back, or take them, down or up to Count a thread.
template <uint32 Count>
__device__ __forceinline__ void registers_release() {
  static_assert(Count % 8 == 0 && Count >= 24 && Count <= 256,
                "setmaxnreg takes multiples of 8 from 24 to 256");
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Count));
}

template <uint32 Count>
__device__ __forceinline__ void registers_acquire() {
  static_assert(Count % 8 == 0 && Count >= 24 && Count <= 256,
                "setmaxnreg takes multiples of 8 from 24 to 256");
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Count));
}

/// At least about `nanoseconds`, at most twice that.
__device__ __forceinline__ void sleep_ns(uint32 nanoseconds) {
  asm volatile("nanosleep.u32 %0;" ::"r"(nanoseconds));
}
