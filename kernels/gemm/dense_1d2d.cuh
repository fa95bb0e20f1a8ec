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

#include "common/defect.cuh"
#include "common/types.cuh"
#include "epilogue/partials.cuh"
#include "epilogue/split.cuh"
#include "gemm/dense_1d2d_layout.cuh"
#include "gemm/dense_1d2d_load.cuh"
#include "gemm/dense_1d2d_promote.cuh"
#include "gemm/dense_1d2d_store.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/memory.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"
#include "ptx/wgmma.cuh"
#include "schedule/ring.cuh"
#include "schedule/tile_walk.cuh"

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
/// NOTES: a group owns stages, not k-blocks. Where stages changed hands, a group that ran a ring ahead of a
/// late load took the parity of an earlier phase for its own: wrong once in some hundred launches.
template <typename Halfway>
__device__ __forceinline__ void accumulate_tile(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                                const Ring ring, RingCursor<STAGES> at,
                                                RingCursor<kScaleChunks>& chunk, uint32 warpgroup_row,
                                                uint32 k_group, const Halfway& halfway) {
  const uint32 lane = threadIdx.x % 32, first_columns = 128 - task.column() % 128;
  // Where this lane says that a stage is free: with multicast, lane r in CTA r.
  const uint32 empty = kMulticast == 1 ? ring.empty(0) : cluster_address(ring.empty(0), lane % kMulticast);
#pragma unroll
  for (uint32 wave = 0; wave < kWaves; ++wave)
#pragma unroll
    for (uint32 i = 0; i < kColumns / 2; ++i) sum[wave][i] = 0;

  float product[kColumns / 2];
  const uint32 first = (k_group + K_GROUPS - (DEFECT == kStageMoves ? 0 : at.stage % K_GROUPS)) % K_GROUPS;
  at.skip(first);
  const uint32 middle = task.k_blocks / (2 * kScaleChunk) * kScaleChunk;
  uint32 k_block = first;
  for (uint32 chunk_first = 0; chunk_first < task.k_blocks; chunk_first += kScaleChunk) {
    if constexpr (DEFECT != kScalesNotAwaited) mbarrier_wait(ring.scales_full(chunk.stage), chunk.parity);
    if (kLoadsCEarly && chunk_first == middle) halfway();
    const uint32 scales_of_chunk = ring.scales_b(chunk.stage) - chunk_first * 8;
    const uint32 end = min_of(task.k_blocks, chunk_first + kScaleChunk);
#pragma unroll kUnrolledKBlocks
    for (; k_block < end; k_block += K_GROUPS) {
      // All that need not wait comes before the wait: ptxas then finds it out while the last product runs.
      const uint32 stage = at.stage;
      const uint32 rows = wgmma_descriptor_low(ring.rows(stage) + warpgroup_row * kBlockK),
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
        start_product(product, rows + wave * 64 * kBlockK / 16, columns, keep);
        wgmma_wait<0>();
        // The stage is free once its last wave has been multiplied: the scales are in all lanes' registers.
        __syncwarp();
        if (wave == kWaves - 1 && lane < kMulticast) {
          if constexpr (kMulticast == 1)
            mbarrier_arrive(empty + stage * 8);
          else
            mbarrier_arrive_cluster(empty + stage * 8);
        }
        if constexpr (DEFECT == kPromotionSkipped)
          if (k_block + 1 < task.k_blocks) continue;
        if constexpr (DEFECT == kPromotionEvery256)
          if (k_block % 2 == 0 && k_block + 1 < task.k_blocks) continue;
        scales.promote(sum[wave], product, scales_b, first_columns, wave_row);
      }
    }
    __syncwarp();
    if (lane == 0) mbarrier_arrive(ring.scales_empty(chunk.stage));
    chunk.advance();
  }
}

/// Adds up a tile's sums over the CTAs that share out its K. False: another CTA has them now.
/// `tiles` is how many tiles came before this one.
__device__ __forceinline__ bool gather_tile(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                            const Ring ring, uint32 slot, uint32 row_warpgroup,
                                            uint32 tiles) {
  const uint32 owner = row_warpgroup % SPLIT_K;
  const uint32 gathered = ring.base + kOffsetGathered + row_warpgroup * 8;
  if (task.cta_rank != owner) {
    if (tiles > 0)
      mbarrier_wait(ring.base + kOffsetTaken + row_warpgroup * 8, (tiles - 1) % 2, task.spin_limit);
    const uint32 sender = (task.cta_rank + SPLIT_K - owner) % SPLIT_K - 1;
    send_sums(sum, slot + sender * kSumsBytes, gathered, owner);
    return false;
  }
  if (threadIdx.x % 128 == 0) mbarrier_arrive_expect_bytes(gathered, (SPLIT_K - 1) * kSumsBytes);
  if constexpr (DEFECT != kSumsNotAwaited) mbarrier_wait(gathered, tiles % 2, task.spin_limit);
  add_sent_sums<SPLIT_K>(sum, slot);
  return true;
}

__device__ __forceinline__ void compute_tiles(Task task, const Ring ring, const TensorMap& map_d, uint32 m,
                                              uint32 warpgroup) {
  const uint32 row_warpgroup = warpgroup % kRowWarpgroups, k_group = warpgroup / kRowWarpgroups;
  const uint32 warpgroup_row = row_warpgroup * kWaves * 64;
  const uint32 slot = ring.base + kOffsetSlots + row_warpgroup / SPLIT_K * kSlotBytes;
  const uint32 partials = ring.base + kOffsetPartials + warpgroup_row * kColumns * 4 + threadIdx.x % 128 * 4;
  const uint32 loaded_c = ring.base + kOffsetLoadedC + row_warpgroup * 8;
  enum : uint32 { kSharers = 128 * K_GROUPS };
  RingCursor<STAGES> at;
  RingCursor<kScaleChunks> chunk;
  bool left = false;  // sums for the first k-group, which may not have been taken yet
  for (uint32 tiles = 0; task.walk.advance(); ++tiles) {
    const auto bring_c = [&] {
      if (k_group == 0 && threadIdx.x % 128 == 0) load_c(task, map_d, m, slot, warpgroup_row, loaded_c);
      __syncwarp();
    };
    float sum[kWaves][kColumns / 2];
    accumulate_tile(sum, task, ring, at, chunk, warpgroup_row, k_group, bring_c);
    at.skip_rounds(task.k_blocks);
    if (K_GROUPS > 1 && k_group > 0) {
      if (left) named_barrier_sync(kBarrierTaken + row_warpgroup, kSharers);
      leave_partials(sum, partials + (k_group - 1) * kGroupPartialsBytes);
      named_barrier_arrive(kBarrierPartials + row_warpgroup, kSharers);
      left = true;
      continue;
    }
    if constexpr (K_GROUPS > 1) {
      named_barrier_sync(kBarrierPartials + row_warpgroup, kSharers);
      add_partials<K_GROUPS - 1>(sum, partials, kGroupPartialsBytes);
      named_barrier_arrive(kBarrierTaken + row_warpgroup, kSharers);
    }
    if constexpr (SPLIT_K > 1)
      if (!gather_tile(sum, task, ring, slot, row_warpgroup, tiles)) continue;
    if constexpr (kLoadsC)
      add_c(sum, task, map_d, m, slot, warpgroup_row, kBarrierStaged + row_warpgroup, loaded_c, tiles % 2);
    store_tile(sum, task, map_d, m, slot, warpgroup_row, kBarrierStaged + row_warpgroup);
    if (SPLIT_K > 1 && task.walk.more() && threadIdx.x % 128 == 0) {
      tma_store_wait_read();  // D lies where the next sums will come
      for (uint32 other = 1; other < SPLIT_K; ++other)
        mbarrier_arrive_cluster(
            cluster_address(ring.base + kOffsetTaken + row_warpgroup * 8, (task.cta_rank + other) % SPLIT_K));
    }
  }
  if (left) named_barrier_sync(kBarrierTaken + row_warpgroup, kSharers);
  // Shared memory must outlast the stores that read it; the end of the kernel waits for their writes.
  if (threadIdx.x % 128 == 0) tma_store_wait_read();
}

// ---- Entry ----

/// Grid: any multiple of the cluster size, with the cluster given as a launch attribute; kThreads threads.
/// Tensor maps, {inner, outer} in elements: A {K, M} box {128, boxes.rows_a}, B {K, N} box {128, BLOCK_N /
/// CLUSTER_M}, both E4M3 with 128-byte swizzle; scales of A {roundup(M, 4), K / 128} FP32 box
/// {boxes.scales_a, 1}; D {N, M}, box {store_columns, 64}, of swapped tiles {64, BLOCK_M}, in BF16 with the
/// swizzle as long as the box's rows, in FP32 with that of 128 bytes or none. Rows of A, B and D may lie
/// further apart than they are long. `scales_b` is [ceil(N/128)][K/128]. `raster`: TileWalk. `l2_hint_*`:
/// cache-policy words. `spin_limit`: mbarrier_wait. `weights_ahead`: at most STAGES. A grid that was launched
/// as a programmatic dependent reads B's scales at once: what comes before it in its stream must make neither
/// them nor, unless this is 0, B.
extern "C" __global__ void __launch_bounds__(kThreads, 1)
    dense_1d2d(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_b,
               const __grid_constant__ TensorMap map_scales_a, const __grid_constant__ TensorMap map_d,
               const float* scales_b, uint32 m, uint32 n, uint32 k, uint32 raster, const LoadBoxes boxes,
               uint64 l2_hint_a, uint64 l2_hint_b, uint32 spin_limit, uint32 weights_ahead) {
  extern __shared__ __align__(1024) uint8 shared_memory[];
  const Ring ring{shared_address(shared_memory)};
  // Broadcast, so that the compiler knows that a warp's role is uniform.
  const uint32 warp = __shfl_sync(0xffffffff, threadIdx.x / 32, 0);
  enum : uint32 { kLoadWarp = kMathThreads / 32, kScaleWarp = kLoadWarp + 1 };

  if (warp == kLoadWarp && threadIdx.x % 32 == 0) {
    grid_allow_dependent();
    tma_prefetch_map(map_a);
    tma_prefetch_map(map_b);
    tma_prefetch_map(map_scales_a);
    tma_prefetch_map(map_d);
    for (uint32 stage = 0; stage < STAGES; ++stage) {
      mbarrier_init(ring.full(stage), 1);
      mbarrier_init(ring.empty(stage), kMulticast * kRowWarpgroups * 4);
    }
    for (uint32 chunk = 0; chunk < kScaleChunks; ++chunk) {
      mbarrier_init(ring.scales_full(chunk), 32);
      mbarrier_init(ring.scales_empty(chunk), kMathThreads / 32);
    }
    for (uint32 i = 0; kLoadsC && i < kRowWarpgroups; ++i)
      mbarrier_init(ring.base + kOffsetLoadedC + i * 8, 1);
    for (uint32 i = 0; SPLIT_K > 1 && i < kRowWarpgroups; ++i) {
      mbarrier_init(ring.base + kOffsetGathered + i * 8, 1);
      mbarrier_init(ring.base + kOffsetTaken + i * 8, 1);
    }
    fence_barrier_init();
  }
  __syncwarp();
  // The thread that loads has made the barriers itself: it waits for others only where their barriers hear of
  // its loads.
  const bool waits = kMulticast > 1 || warp != kLoadWarp;
  if constexpr (kClusterSize == 1) {
    if (waits)
      named_barrier_sync(kBarrierStart, kThreads);
    else
      named_barrier_arrive(kBarrierStart, kThreads);
  } else {
    cluster_arrive();
    if (waits) cluster_wait();
  }

  const uint32 cta_rank = kClusterSize == 1 ? 0 : cluster_cta_rank();
  const Share k_share = share_of(k / kBlockK, SPLIT_K, SPLIT_K == 1 ? 0 : cta_rank);
  const Task task{TileWalk(ceil_div(m, BLOCK_M * CLUSTER_M), ceil_div(n, BLOCK_N * CLUSTER_N), raster,
                           blockIdx.x / kClusterSize, gridDim.x / kClusterSize),
                  k_share.first, k_share.count, cta_rank, spin_limit};

  if (warp >= kLoadWarp) {
    registers_release<kProducerRegisters>();
    if (warp == kLoadWarp && threadIdx.x % 32 == 0)
      load_tiles(task, ring, map_a, map_b, map_scales_a, boxes, l2_hint_a, l2_hint_b, weights_ahead);
    if (warp == kScaleWarp) load_scales_b(task, ring, scales_b, n, k);
    __syncwarp();
  } else {
    registers_acquire<kMathRegisters>();
    compute_tiles(task, ring, map_d, m, warp / 4);
  }
  // No barrier at the end: each CTA has waited for all that the others send to its shared memory.
  if (kClusterSize > 1 && !waits) cluster_wait();
}
