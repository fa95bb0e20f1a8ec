// The math of kernels with A and B both scaled 1x128: what a warpgroup does with the k-blocks of a tile, and
// what pipeline/ calls.
#pragma once

#include "common/defect.cuh"
#include "epilogue/store_fp32.cuh"
#include "gemm/promote_1d1d.cuh"
#include "gemm/start_product.cuh"
#include "pipeline/compute.cuh"
#include "pipeline/layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/tma.cuh"
#include "ptx/wgmma.cuh"
#include "schedule/ring.cuh"

enum : uint32 { kFetchesC = ACCUMULATE && OUT_FP32 && SPLIT_K == 1 };

/// Asks L2 for this warpgroup's rows of C, to which TMA will add the tile: else the additions of all CTAs,
/// whose tiles end at about the same time, wait for memory in L2 and hold up the loads. One thread.
__device__ __forceinline__ void fetch_c(const Task& task, const TensorMap& map_d, uint32 warpgroup_row) {
  enum : uint32 { kBox = STORE_BUFFERS > 0 ? uint32(kPartColumns) : store_columns_fp32<kColumns>() };
#pragma unroll 1
  for (uint32 row = 0; row < kWaves * 64; row += 64)
#pragma unroll 1
    for (uint32 column = 0; column < kColumns; column += kBox)
      tma_fetch_2d(map_d, task.column() + column, task.walk.row_of_d(task.row() + warpgroup_row + row));
}

/// The k-blocks of this warpgroup's group, for its rows of a tile whose first stage is `at`. `halfway` is
/// called once, about in the middle. Waits without a bound, as gemm/multiply_1d2d.cuh does: the thread that
/// loads has one on behalf of all.
template <typename Halfway>
__device__ __forceinline__ void accumulate_tile(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                                const Ring ring, RingCursor<STAGES> at, uint32 warpgroup_row,
                                                uint32 k_group, const TensorMap& map_d,
                                                const Halfway& halfway) {
  const StageReturn stages(ring);
#pragma unroll
  for (uint32 wave = 0; wave < kWaves; ++wave)
#pragma unroll
    for (uint32 i = 0; i < kColumns / 2; ++i) sum[wave][i] = 0;

  float product[kColumns / 2];
  uint32 k_block = first_k_block(at.stage, k_group);
  at.skip(k_block);
  const uint32 middle = k_block + task.k_blocks / (2 * K_GROUPS) * K_GROUPS;
#pragma unroll kUnrolledKBlocks
  for (; k_block < task.k_blocks; k_block += K_GROUPS) {
    if (kLoadsCEarly && k_block == middle) halfway();
    if (kFetchesC && k_block == middle && k_group == 0) {
      if (threadIdx.x % 128 == 0) fetch_c(task, map_d, warpgroup_row);
      __syncwarp();
    }
    // All that need not wait comes before the wait: ptxas then finds it out while the last product runs.
    const uint32 stage = at.stage;
    const uint32 rows = wgmma_descriptor_low(ring.rows(stage) + warpgroup_row * kRowBytes),
                 columns = wgmma_descriptor_low(ring.columns(stage));
    mbarrier_wait(ring.full(stage), DEFECT == kWrongParity ? at.parity ^ 1 : at.parity);
    at.skip(K_GROUPS);
    const ColumnScales column_scales{ScalePlaces(ring, stage, warpgroup_row)};
    const auto give_back = [&] {
      __syncwarp();
      stages.give_back(stage);
    };
#pragma unroll
    for (uint32 wave = 0; wave < kWaves; ++wave) {
      const bool is_last = wave == kWaves - 1;
      const bool keep =
          (DEFECT == kPromotionSkipped && k_block > 0) || (DEFECT == kPromotionEvery256 && k_block % 2 == 1);
      WaveScales scales(column_scales.places, wave);
      start_product(product, rows + wave * 64 * kRowBytes / 16, columns, keep);
      scales.prepare(column_scales);
      wgmma_wait<0>();
      if (is_last && kHoldsColumns) give_back();
      const bool promotes =
          k_block + 1 >= task.k_blocks ||
          !(DEFECT == kPromotionSkipped || (DEFECT == kPromotionEvery256 && k_block % 2 == 0));
      if (promotes) scales.promote(sum[wave], product, column_scales);
      if (is_last && !kHoldsColumns) give_back();
    }
  }
}

/// Gives the stages of a tile back whose products nobody wants.
__device__ __forceinline__ void pass_tile(const Task& task, const Ring ring, RingCursor<STAGES> at,
                                          uint32 k_group) {
  const StageReturn stages(ring);
  uint32 k_block = first_k_block(at.stage, k_group);
  at.skip(k_block);
#pragma unroll 1
  for (; k_block < task.k_blocks; k_block += K_GROUPS, at.skip(K_GROUPS)) {
    mbarrier_wait(ring.full(at.stage), at.parity);
    stages.give_back(at.stage);
  }
}

struct Accumulate {
  const TensorMap& map_d;

  template <typename Halfway>
  __device__ __forceinline__ void operator()(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                             const Ring ring, const RingCursor<STAGES>& at,
                                             uint32 warpgroup_row, uint32 k_group, uint32,
                                             const Halfway& halfway) {
    accumulate_tile(sum, task, ring, at, warpgroup_row, k_group, map_d, halfway);
  }

  __device__ __forceinline__ void pass(const Task& task, const Ring ring, const RingCursor<STAGES>& at,
                                       uint32 k_group) {
    pass_tile(task, ring, at, k_group);
  }
};
