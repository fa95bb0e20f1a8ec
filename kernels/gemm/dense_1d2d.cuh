// dense_1d2d: D[M,N] = A[M,K] * B[N,K]^T for E4M3 with block scales, D in BF16 or FP32, overwritten or added
// to. Hopper, sm_90a.
//
// Persistent and warp-specialised: one warp issues TMA loads, one brings B's scales, one to four warpgroups
// compute. The tensor core's accumulator keeps about 13 fraction bits, so each 128 of K (one k-block, the
// reach of a scale) is added to an FP32 sum in registers, times its scales: the promotion.
//
// Chosen by the tuner, given as macros (legality: src/family/dense_1d2d.cpp):
//   BLOCK_M, BLOCK_N     tile of D a CTA computes at a time
//   CLUSTER_M, CLUSTER_N 2: two CTAs with neighbouring M (N) tiles share the tile of B (A) by multicast
//   SWAP_AB              1: wgmma computes the tile of D transposed, weights as its 64 rows and tokens as its
//                        columns, of which there may be few
//   K_GROUPS             groups of warpgroups that share a tile's k-blocks and add their sums at its end
//   SPLIT_K              CTAs that share a tile's k-blocks and add their sums over the cluster
//   STAGES               depth of the shared-memory ring
// Given by the problem: OUT_FP32, ACCUMULATE (1: D += ...).
#pragma once

#if SWAP_AB
#define WGMMA_N BLOCK_M
#else
#define WGMMA_N BLOCK_N
#endif
#define OPERAND_BYTES 1
#define SCALED 1

#include "common/defect.cuh"
#include "common/types.cuh"
#include "gemm/dense_1d2d_promote.cuh"
#include "gemm/dense_1d2d_scales.cuh"
#include "pipeline/compute.cuh"
#include "pipeline/layout.cuh"
#include "pipeline/load.cuh"
#include "pipeline/start.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "ptx/wgmma.cuh"
#include "schedule/ring.cuh"

// ---- Role: math ----

/// Starts product = rows[64, 128] * columns[kColumns, 128]^T; both by the low words of their descriptors.
__device__ __forceinline__ void start_product(float (&product)[kColumns / 2], uint32 rows, uint32 columns,
                                              bool keep) {
  wgmma_fence();
  wgmma_e4m3(product, wgmma_descriptor(rows), wgmma_descriptor(columns), keep);
  wgmma_commit();
#pragma unroll
  for (uint32 i = 0; i < kColumns / 2; ++i) wgmma_pin(product[i]);
}

/// The k-blocks of this warpgroup's group, for its rows of a tile whose first stage is `at`. `halfway` is
/// called once, at a chunk of scales in the middle.
/// NOTES: the loop is not turned round so that it goes back while a product runs. ptxas accepts that, but
/// with four k-blocks in its body large tiles took up to 3 % longer, 8 % at K 512.
template <typename Halfway>
__device__ __forceinline__ void accumulate_tile(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                                const Ring ring, RingCursor<STAGES> at,
                                                RingCursor<kScaleChunks>& chunk, uint32 warpgroup_row,
                                                uint32 k_group, const Halfway& halfway) {
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
  for (uint32 chunk_first = 0; chunk_first < task.k_blocks; chunk_first += kScaleChunk) {
    if constexpr (DEFECT != kScalesNotAwaited) mbarrier_wait(ring.scales_full(chunk.stage), chunk.parity);
    if (kLoadsCEarly && chunk_first == middle) halfway();
    const uint32 scales_of_chunk = ring.scales_b(chunk.stage) - chunk_first * 8;
    const uint32 end = min_of(task.k_blocks, chunk_first + kScaleChunk);
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
      for (uint32 wave = 0; wave < kWaves; ++wave) {
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
        if (wave == kWaves - 1) stages.give_back(stage);
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
                                             uint32 warpgroup_row, uint32 k_group, const Halfway& halfway) {
    accumulate_tile(sum, task, ring, at, chunk, warpgroup_row, k_group, halfway);
  }

  __device__ __forceinline__ void pass(const Task& task, const Ring ring, const RingCursor<STAGES>& at,
                                       uint32 k_group) {
    pass_tile(task, ring, at, chunk, k_group);
  }
};

// ---- Entry ----

/// Grid: any multiple of the cluster size, with the cluster given as a launch attribute; kThreads threads.
/// Tensor maps, {inner, outer} in elements: A {K, M} box {128, BLOCK_M / CLUSTER_N}, and with box {128,
/// tail.rows_a} for the tile in which M ends; B {K, N} box {128, BLOCK_N / CLUSTER_M}; these E4M3 with
/// 128-byte swizzle; scales of A {roundup(M, 4), K / 128} FP32 box {BLOCK_M, 1}, and {tail.scales_a, 1}; D
/// {N, M}, box {store_columns, 64}, of swapped tiles {64, BLOCK_M}, in BF16 with the swizzle as long as the
/// box's rows, in FP32 with that of 128 bytes or none. Rows of A, B and D may lie further apart than they are
/// long. `scales_b` is [ceil(N/128)][K/128]. `raster`: TileWalk. `l2_hint_*`: cache-policy words.
/// `spin_limit`: mbarrier_wait. `weights_ahead`: at most STAGES. A grid that was launched as a programmatic
/// dependent reads B's scales at once: what comes before it in its stream must make neither them nor, unless
/// this is 0, B.
extern "C" __global__ void __launch_bounds__(kThreads, 1)
    dense_1d2d(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_a_tail,
               const __grid_constant__ TensorMap map_b, const __grid_constant__ TensorMap map_scales_a,
               const __grid_constant__ TensorMap map_scales_a_tail, const __grid_constant__ TensorMap map_d,
               const float* scales_b, uint32 m, uint32 n, uint32 k, uint32 raster, const TailBoxes tail,
               uint64 l2_hint_a, uint64 l2_hint_b, uint32 spin_limit, uint32 weights_ahead) {
  extern __shared__ __align__(1024) uint8 shared_memory[];
  const Ring ring{shared_address(shared_memory)};
  // Broadcast, so that the compiler knows that a warp's role is uniform.
  const uint32 warp = __shfl_sync(0xffffffff, threadIdx.x / 32, 0);

  if (warp == kLoadWarp && threadIdx.x % 32 == 0) {
    grid_allow_dependent();
    tma_prefetch_map(map_a);
    tma_prefetch_map(map_b);
    tma_prefetch_map(map_scales_a);
    tma_prefetch_map(map_d);
    make_barriers(ring);
  }
  __syncwarp();
  const bool waits = waits_at_start(warp);
  start_together(waits);

  const Task task = make_task(m, n, k / kBlockK, raster, spin_limit);
  if (warp >= kLoadWarp) {
    registers_release<kProducerRegisters>();
    if (warp == kLoadWarp && threadIdx.x % 32 == 0)
      load_tiles(task, ring, {map_a, map_a_tail, map_scales_a, map_scales_a_tail, tail}, map_b, m, l2_hint_a,
                 l2_hint_b, weights_ahead);
    if (warp == kScaleWarp) load_scales_b(task, ring, scales_b, n, k);
    __syncwarp();
  } else {
    registers_acquire<kMathRegisters>();
    compute_tiles(task, ring, map_d, m, warp / 4, Accumulate{});
  }
  end_together(waits);
}
