// How fast memory can be read, written and copied. Each kernel moves every byte of a buffer once a pass; that
// it does is checked by sums over the same buffer (sum_words) before it is timed.
#pragma once

#include "common/defect.cuh"
#include "common/types.cuh"
#include "ptx/bulk.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/memory.cuh"

// ---- Reading ----

/// The chunks that a CTA reads, in order: `sharers` neighbouring CTAs read the same ones, and together all
/// CTAs go through the buffer `passes` times.
struct ChunkWalk {
  uint32 chunk, stride, chunks;

  __device__ __forceinline__ ChunkWalk(uint32 chunks, uint32 sharers)
      : chunk(blockIdx.x / sharers), stride(gridDim.x / sharers), chunks(chunks) {}
  /// Chunks to read in all.
  __device__ __forceinline__ uint32 steps(uint32 passes) const {
    const uint32 all = chunks * passes;
    return chunk < all ? (all - chunk + stride - 1) / stride : 0;
  }
  __device__ __forceinline__ void advance() {
    chunk += stride;
    // Not a modulo: it would take longer than the rest of the issue.
    while (chunk >= chunks) chunk -= chunks;
  }
};

__device__ __forceinline__ uint64 sum_of(uint4 words) {
  return uint64(words.x) + words.y + words.z + words.w;
}

/// Reads `chunks` chunks of `chunk_bytes` (a multiple of 16) `passes` times by bulk copies into a ring of
/// `stages` chunks of shared memory. With `sum` null one thread of a CTA works, and waits for the bytes
/// without looking at them; else all threads add the 32-bit words that have come to *sum. Grid: a multiple of
/// `sharers`. `chunks` * `passes` fits 32 bits.
extern "C" __global__ void __launch_bounds__(128, 1)
    read_stream(const uint8* source, uint32 chunks, uint32 passes, uint32 sharers, uint32 chunk_bytes,
                uint32 stages, uint64 l2_hint, uint32 spin_limit, uint64* sum) {
  enum : uint32 { kMostStages = 32 };
  extern __shared__ __align__(128) uint8 ring_bytes[];
  __shared__ uint64 barriers[kMostStages];
  const uint32 ring = shared_address(ring_bytes), full = shared_address(barriers);
  const bool looks = sum != nullptr, issues = threadIdx.x == 0;
  if (!looks && !issues) return;

  if (issues) {
    for (uint32 stage = 0; stage < stages; ++stage) mbarrier_init(full + stage * 8, 1);
    fence_barrier_init();
  }
  if (looks) __syncthreads();

  ChunkWalk walk(chunks, sharers);
  uint32 steps = walk.steps(passes);
  if constexpr (DEFECT == kHalfRead) steps /= 2;
  const auto load = [&](uint32 stage) {
    mbarrier_arrive_expect_bytes(full + stage * 8, chunk_bytes);
    bulk_load(ring + stage * chunk_bytes, source + uint64(walk.chunk) * chunk_bytes, chunk_bytes,
              full + stage * 8, l2_hint);
    walk.advance();
  };
  if (issues)
    for (uint32 step = 0; step < min_of(stages, steps); ++step) load(step);

  uint64 mine = 0;
  uint32 stage = 0, parity = 0;
  for (uint32 step = 0; step < steps; ++step) {
    mbarrier_wait(full + stage * 8, parity, spin_limit);
    if (looks) {
      const uint4* const words = reinterpret_cast<const uint4*>(ring_bytes + stage * chunk_bytes);
      for (uint32 i = threadIdx.x; i < chunk_bytes / 16; i += blockDim.x) mine += sum_of(words[i]);
      __syncthreads();
    }
    if (issues && step + stages < steps) load(stage);
    if (++stage == stages) stage = 0, parity ^= 1;
  }
  if (looks) atomicAdd(sum, mine);
}

// ---- Writing and copying ----

/// 16 bytes a thread, so many times: enough in flight to hide the latency of memory.
enum : uint32 { kUnitsOfThread = 4, kStreamThreads = 512, kUnitsOfTile = kUnitsOfThread * kStreamThreads };

/// What write_stream writes at unit i: looks random, costs next to nothing.
__device__ __forceinline__ uint4 pattern(uint64 i) {
  const uint32 x = uint32(i);
  return {x * 0x9e3779b9u, x * 0x85ebca6bu ^ 0x165667b1u, x * 0xc2b2ae35u + 0x27d4eb2fu, x ^ 0xdeadbeefu};
}

/// `units` of 16 bytes, a multiple of kUnitsOfTile. Grid-stride over tiles.
extern "C" __global__ void __launch_bounds__(kStreamThreads) write_stream(uint4* to, uint64 units) {
  for (uint64 tile = uint64(blockIdx.x) * kUnitsOfTile; tile < units;
       tile += uint64(gridDim.x) * kUnitsOfTile) {
#pragma unroll
    for (uint32 i = 0; i < kUnitsOfThread; ++i) {
      const uint64 at = tile + i * kStreamThreads + threadIdx.x;
      if (DEFECT == kHalfWritten && i % 2 == 1) continue;
      to[at] = pattern(at);
    }
  }
}

/// The same units from one buffer to another.
extern "C" __global__ void __launch_bounds__(kStreamThreads)
    copy_stream(uint4* to, const uint4* from, uint64 units) {
  for (uint64 tile = uint64(blockIdx.x) * kUnitsOfTile; tile < units;
       tile += uint64(gridDim.x) * kUnitsOfTile) {
    uint4 x[kUnitsOfThread];
#pragma unroll
    for (uint32 i = 0; i < kUnitsOfThread; ++i) x[i] = from[tile + i * kStreamThreads + threadIdx.x];
#pragma unroll
    for (uint32 i = 0; i < kUnitsOfThread; ++i) {
      if (DEFECT == kHalfWritten && i % 2 == 1) continue;
      to[tile + i * kStreamThreads + threadIdx.x] = x[i];
    }
  }
}

// ---- Checks ----

/// Adds the 32-bit words of a buffer to *sum: what the kernels above must agree with. Grid-stride.
extern "C" __global__ void sum_words(uint64* sum, const uint4* from, uint64 units) {
  uint64 mine = 0;
  for (uint64 i = uint64(blockIdx.x) * blockDim.x + threadIdx.x; i < units;
       i += uint64(gridDim.x) * blockDim.x)
    mine += sum_of(from[i]);
  atomicAdd(sum, mine);
}

/// Adds the words that write_stream should have written.
extern "C" __global__ void sum_pattern(uint64* sum, uint64 units) {
  uint64 mine = 0;
  for (uint64 i = uint64(blockIdx.x) * blockDim.x + threadIdx.x; i < units;
       i += uint64(gridDim.x) * blockDim.x)
    mine += sum_of(pattern(i));
  atomicAdd(sum, mine);
}
