// The warp that brings B's scales, of blocks of 128x128.
#pragma once

#include "common/defect.cuh"
#include "gemm/promote_1d2d.cuh"
#include "pipeline/layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"
#include "schedule/ring.cuh"

/// B's scales for a chunk of a tile's k-blocks, one a lane: of the scale column it starts under, and of the
/// next.
struct ScaleChunk {
  float first;
  float second;
};

/// Those from `k_block` on, counted from this CTA's first. `scales_b` is [groups][scale_columns][k_stride].
__device__ __forceinline__ ScaleChunk load_scale_chunk(const Task& task, const float* scales_b,
                                                       uint32 k_block, uint32 scale_columns,
                                                       uint32 k_stride) {
  ScaleChunk chunk{0, 0};
  uint32 mine = threadIdx.x % 32 < kScaleChunk ? k_block + threadIdx.x % 32 : task.k_blocks;
  if constexpr (DEFECT == kScaleOffByOne) mine = mine + 1 == task.k_blocks ? 0 : mine + 1;
  const uint32 scale_column = min_of(task.column() / 128, scale_columns - 1);
  if (mine < task.k_blocks) {
    const float* of_mine =
        scales_b + uint64(task.walk.group()) * scale_columns * k_stride + task.k_first + mine;
    chunk.first = load_global_readonly(of_mine + uint64(scale_column) * k_stride);
    // Past the last scale column lie only columns past N, whose results are not stored.
    if constexpr (kStraddles)
      chunk.second =
          load_global_readonly(of_mine + uint64(min_of(scale_column + 1, scale_columns - 1)) * k_stride);
  }
  return chunk;
}

/// Math warps find the scales in shared memory. Each chunk is loaded while the one before it waits for room;
/// a tile's scales are thus on their way before its first stage is free. This warp has time, so it watches:
/// math warps and the loading thread wait for each other without a bound, and when either waits in vain,
/// chunks do not come back.
__device__ __forceinline__ void load_scales_b(Task task, const Ring ring, const float* scales_b, uint32 n,
                                              uint32 k) {
  const uint32 scale_columns = ceil_div(n, 128), k_stride = k / kBlockK;
  RingCursor<kScaleChunks> at;
  bool more = task.walk.advance();
  uint32 k_block = 0;
  ScaleChunk next = {0, 0};
  if (more) next = load_scale_chunk(task, scales_b, 0, scale_columns, k_stride);
  while (more) {
    const ScaleChunk chunk = next;
    k_block += kScaleChunk;
    if (k_block >= task.k_blocks) {
      k_block = 0;
      more = task.walk.advance();
    }
    if (more) next = load_scale_chunk(task, scales_b, k_block, scale_columns, k_stride);
    mbarrier_wait(ring.scales_empty(at.stage), at.parity ^ 1, task.spin_limit);
    if constexpr (DEFECT == kScalesNotAwaited) sleep_ns(20000);
    if (threadIdx.x % 32 < kScaleChunk)
      store_shared_pair(ring.scales_b(at.stage) + threadIdx.x % 32 * 8, chunk.first, chunk.second);
    mbarrier_arrive(ring.scales_full(at.stage));
    at.advance();
  }
  for (uint32 i = 0; i < kScaleChunks; ++i, at.advance())
    mbarrier_wait(ring.scales_empty(at.stage), at.parity ^ 1, task.spin_limit);
}
