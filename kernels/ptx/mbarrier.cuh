// mbarrier: barriers in shared memory that count arrivals and bytes. Addresses are 32-bit shared::cta
// addresses.
#pragma once

#include "common/types.cuh"

/// One thread initialises; fence_barrier_init and a barrier of all users must follow.
__device__ __forceinline__ void mbarrier_init(uint32 barrier, uint32 arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

/// Makes initialised barriers visible to the async proxy and to the other CTAs of the cluster.
__device__ __forceinline__ void fence_barrier_init() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ __forceinline__ void mbarrier_arrive(uint32 barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

/// Arrives at a barrier of any CTA of the cluster (one's own included), at its address from cluster_address.
/// NOTES: not `.release.cluster`, before which ptxas puts a fence of the whole GPU: clusters of two then ran
/// up to 40 % slower than single CTAs. What must be ordered here are reads of shared memory that have
/// returned (wgmma has been waited for, scales are in registers), and the peer overwrites it by TMA only
/// after the phase completes.
__device__ __forceinline__ void mbarrier_arrive_cluster(uint32 barrier) {
  asm volatile("mbarrier.arrive.shared::cluster.b64 _, [%0];" ::"r"(barrier) : "memory");
}

/// Arrives, and makes the phase wait for `bytes` of asynchronous copies as well.
__device__ __forceinline__ void mbarrier_arrive_expect_bytes(uint32 barrier, uint32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}

/// Whether the phase with this parity has completed; may suspend the thread for a short, hardware-defined
/// time.
__device__ __forceinline__ bool mbarrier_try_wait(uint32 barrier, uint32 parity) {
  uint32 completed;
  asm volatile(
      "{\n\t"
      ".reg .pred done;\n\t"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%1], %2;\n\t"
      "selp.u32 %0, 1, 0, done;\n\t"
      "}"
      : "=r"(completed)
      : "r"(barrier), "r"(parity)
      : "memory");
  return completed != 0;
}

/// Ends the kernel with a misaligned store, which the driver reports as "misaligned address" (716); nothing
/// else in these kernels can raise that. NOTES: not `trap`, which makes ptxas 13.0 hold all warps to the
/// registers of the launch (168 for three warpgroups) in spite of setmaxnreg: 336 bytes of spills in a
/// 128x192 tile.
__device__ __forceinline__ void abort_kernel() {
  asm volatile("st.shared.u32 [%0], %0;" ::"r"(1) : "memory");
}

/// Waits for the phase with this parity, for ever: only where another warp waits with a bound for what comes
/// of it. NOTES: a loop of two instructions, which ptxas moves out of the way, and whose first attempt it
/// moves up among the arithmetic before. With a count in the loop it does not, and large tiles lose 2 to 3 %.
__device__ __forceinline__ void mbarrier_wait(uint32 barrier, uint32 parity) {
  asm volatile(
      "{\n\t"
      ".reg .pred done;\n\t"
      "ATTEMPT:\n\t"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n\t"
      "@done bra DONE;\n\t"
      "bra ATTEMPT;\n\t"
      "DONE:\n\t"
      "}" ::"r"(barrier),
      "r"(parity)
      : "memory");
}

/// With a bound: after `spin_limit` fruitless attempts the kernel is aborted, so that a barrier that never
/// completes costs one launch and not the GPU; 0 means 2^32 attempts.
__device__ __forceinline__ void mbarrier_wait(uint32 barrier, uint32 parity, uint32 spin_limit) {
  uint32 spins = 0;
  while (!mbarrier_try_wait(barrier, parity))
    if (++spins == spin_limit) abort_kernel();
}
