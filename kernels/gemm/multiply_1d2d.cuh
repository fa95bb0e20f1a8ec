// The math of kernels with A scaled 1x128 and B scaled 128x128: what a warpgroup does with the k-blocks of a
// tile, and what pipeline/ calls.
#pragma once

#include "common/defect.cuh"
#include "gemm/promote_1d2d.cuh"
#include "gemm/start_product.cuh"
#include "pipeline/compute.cuh"
#include "pipeline/layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/memory.cuh"
#include "ptx/wgmma.cuh"
#include "schedule/ring.cuh"

/// The k-blocks of this warpgroup's group, for its rows of a tile whose first stage is `at`. `halfway` is
/// called once, at a chunk of scales in the middle. Of `Waves` less than kWaves the last are not multiplied.
/// `k_blocks` is the tile's, or 0: then nothing is, and sums are 0.
/// NOTES: the loop is not turned round so that it goes back while a product runs. ptxas accepts that, but
/// with four k-blocks in its body large tiles took up to 3 % longer, 8 % at K 512.
template <uint32 Waves, typename Halfway>
__device__ __forceinline__ void accumulate_tile(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                                const Ring ring, RingCursor<STAGES> at,
                                                RingCursor<kScaleChunks>& chunk, uint32 warpgroup_row,
                                                uint32 k_group, uint32 k_blocks, const Halfway& halfway) {
  const uint32 first_columns = 128 - task.column() % 128;
  const StageReturn stages(ring);
#pragma unroll
  for (uint32 wave = 0; wave < kWaves; ++wave)
#pragma unroll
    for (uint32 i = 0; i < kColumns / 2; ++i) sum[wave][i] = 0;

  float product[kColumns / 2];
  uint32 k_block = first_k_block(at.stage, k_group);
  at.skip(k_block);
  const uint32 middle = task.k_blocks / (2 * kScaleChunk) * kScaleChunk;
  for (uint32 chunk_first = 0; chunk_first < k_blocks; chunk_first += kScaleChunk) {
    if constexpr (DEFECT != kScalesNotAwaited) mbarrier_wait(ring.scales_full(chunk.stage), chunk.parity);
    if (kLoadsCEarly && chunk_first == middle) halfway();
    const uint32 scales_of_chunk = ring.scales_b(chunk.stage) - chunk_first * 8;
    const uint32 end = min_of(k_blocks, chunk_first + kScaleChunk);
#pragma unroll kUnrolledKBlocks
    for (; k_block < end; k_block += K_GROUPS) {
      // All that need not wait comes before the wait: ptxas then finds it out while the last product runs.
      const uint32 stage = at.stage;
      const uint32 rows = wgmma_descriptor_low(ring.rows(stage) + warpgroup_row * kRowBytes),
                   columns = wgmma_descriptor_low(ring.columns(stage));
      const float2 scales_b = load_shared_pair(scales_of_chunk + k_block * 8);
      mbarrier_wait(ring.full(stage), DEFECT == kWrongParity ? at.parity ^ 1 : at.parity);
      at.skip(K_GROUPS);
#pragma unroll
      for (uint32 wave = 0; wave < Waves; ++wave) {
        const uint32 wave_row = warpgroup_row + wave * 64;
        const bool keep = (DEFECT == kPromotionSkipped && k_block > 0) ||
                          (DEFECT == kPromotionEvery256 && k_block % 2 == 1);
        // Before the product: behind a wgmma, loads from shared memory come 10 to 20 % of a k-block later.
        // ptxas lets only the first instruction of the product overtake them. That is as it should be: the
        // tensor cores then finish what the other warpgroup has begun, and the two stay out of step.
        WaveScales<SWAP_AB> scales;
        scales.load(ring.scales_a(stage), wave_row);
        start_product(product, rows + wave * 64 * kRowBytes / 16, columns, keep);
        wgmma_wait<0>();
        // The stage is free once its last wave has been multiplied: the scales are in all lanes' registers.
        __syncwarp();
        if (wave == Waves - 1) stages.give_back(stage);
        if constexpr (DEFECT == kPromotionSkipped)
          if (k_block + 1 < task.k_blocks) continue;
        if constexpr (DEFECT == kPromotionEvery256)
          if (k_block % 2 == 0 && k_block + 1 < task.k_blocks) continue;
        scales.promote(sum[wave], product, scales_b, first_columns, wave_row);
      }
    }
    __syncwarp();
    if (threadIdx.x % 32 == 0) mbarrier_arrive(ring.scales_empty(chunk.stage));
    chunk.advance();
  }
}

/// Gives the stages of a tile back, and the chunks of its scales, whose products nobody wants.
__device__ __forceinline__ void pass_tile(const Task& task, const Ring ring, RingCursor<STAGES> at,
                                          RingCursor<kScaleChunks>& chunk, uint32 k_group) {
  const StageReturn stages(ring);
  uint32 k_block = first_k_block(at.stage, k_group);
  at.skip(k_block);
  for (uint32 chunk_first = 0; chunk_first < task.k_blocks; chunk_first += kScaleChunk, chunk.advance()) {
    const uint32 end = min_of(task.k_blocks, chunk_first + kScaleChunk);
#pragma unroll 1
    for (; k_block < end; k_block += K_GROUPS, at.skip(K_GROUPS)) {
      mbarrier_wait(ring.full(at.stage), at.parity);
      stages.give_back(at.stage);
    }
    mbarrier_wait(ring.scales_full(chunk.stage), chunk.parity);
    if (threadIdx.x % 32 == 0) mbarrier_arrive(ring.scales_empty(chunk.stage));
  }
}

struct Accumulate {
  RingCursor<kScaleChunks> chunk;

  template <typename Halfway>
  __device__ __forceinline__ void operator()(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                             const Ring ring, const RingCursor<STAGES>& at,
                                             uint32 warpgroup_row, uint32 k_group, uint32 rows,
                                             const Halfway& halfway) {
    const bool skips = kSkipsLate && rows == 0;
    const uint32 k_blocks = skips ? 0 : task.k_blocks;
    // Groups often end within a tile: the wave behind that is not multiplied.
    if (GROUPED && kWaves == 2 && !SWAP_AB && rows <= 64)
      accumulate_tile<1>(sum, task, ring, at, chunk, warpgroup_row, k_group, k_blocks, halfway);
    else
      accumulate_tile<kWaves>(sum, task, ring, at, chunk, warpgroup_row, k_group, k_blocks, halfway);
    if (skips) pass(task, ring, at, k_group);
  }

  __device__ __forceinline__ void pass(const Task& task, const Ring ring, const RingCursor<STAGES>& at,
                                       uint32 k_group) {
    pass_tile(task, ring, at, chunk, k_group);
  }
};
