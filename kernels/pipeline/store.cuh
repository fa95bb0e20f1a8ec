// How a warpgroup stores its rows of a tile, in each output mode.
#pragma once

#include "common/defect.cuh"
#include "epilogue/add_bf16.cuh"
#include "epilogue/store_bf16.cuh"
#include "epilogue/store_fp32.cuh"
#include "epilogue/store_transposed.cuh"
#include "pipeline/layout.cuh"
#include "ptx/mbarrier.cuh"
#include "ptx/sync.cuh"
#include "ptx/tma.cuh"

/// Brings this warpgroup's rows of C to where its D will be staged; one thread, once per tile, when no other
/// has business there. Completes `loaded`. C may be what the grids before this one store.
__device__ __forceinline__ void load_c(const Task& task, const TensorMap& map_d, uint32 m, uint32 warpgroup_d,
                                       uint32 warpgroup_row, uint32 loaded) {
  const uint32 first_row = task.row() + warpgroup_row;
  if constexpr (DEFECT != kGridNotAwaited && DEFECT != kCNotAwaited) grid_wait();
  tma_store_wait_read();  // of the tile before
  // Waves past D have no C; their sums are not stored either.
  const uint32 waves = first_row < m ? min_of(kWaves, ceil_div(m - first_row, 64)) : 0;
  mbarrier_arrive_expect_bytes(loaded, waves * kWaveDBytes);
  for (uint32 wave = 0; wave < waves; ++wave)
    load_wave_bf16<kColumns>(map_d, warpgroup_d + wave * kWaveDBytes, loaded, task.column(),
                             first_row + wave * 64);
}

/// sum += C in BF16. `parity` is that of the tile.
__device__ __forceinline__ void add_c(float (&sum)[kWaves][kColumns / 2], const Task& task,
                                      const TensorMap& map_d, uint32 m, uint32 warpgroup_d,
                                      uint32 warpgroup_row, uint32 staged_barrier, uint32 loaded,
                                      uint32 parity) {
  if constexpr (!kLoadsCEarly) {
    fence_async_shared();  // others' sums came here by ordinary stores
    named_barrier_sync(staged_barrier, 128);
    if (threadIdx.x % 128 == 0) load_c(task, map_d, m, warpgroup_d, warpgroup_row, loaded);
    __syncwarp();
  }
  mbarrier_wait(loaded, parity, task.spin_limit);
#pragma unroll
  for (uint32 wave = 0; wave < kWaves; ++wave)
#pragma unroll
    for (uint32 times = DEFECT == kCMissing ? 0 : DEFECT == kAddedTwice ? 2 : 1; times > 0; --times)
      add_wave_bf16<kColumns>(warpgroup_d + wave * kWaveDBytes, sum[wave]);
}

/// Issues the store of a staged wave; one thread.
__device__ __forceinline__ void store_wave(const TensorMap& map_d, uint32 wave_d, uint32 column, uint32 row) {
  if constexpr (SWAP_AB) return tma_store_2d(map_d, wave_d, column, row);
  if constexpr (!OUT_FP32) return store_wave_bf16<kColumns>(map_d, wave_d, column, row);
  constexpr bool kAdd = ACCUMULATE && DEFECT != kCMissing;
  store_wave_fp32<kColumns, kAdd>(map_d, wave_d, column, row);
  if constexpr (kAdd && DEFECT == kAddedTwice) store_wave_fp32<kColumns, kAdd>(map_d, wave_d, column, row);
}

/// This warpgroup's rows to D. The other warpgroups go on computing meanwhile.
__device__ __forceinline__ void store_tile(const float (&sum)[kWaves][kColumns / 2], const Task& task,
                                           const TensorMap& map_d, uint32 m, uint32 warpgroup_d,
                                           uint32 warpgroup_row, uint32 barrier) {
  const bool storing_thread = threadIdx.x % 128 == 0;
  if (storing_thread) tma_store_wait_read();  // of the tile before
  named_barrier_sync(barrier, 128);
#pragma unroll
  for (uint32 wave = 0; wave < kWaves; ++wave) {
    if constexpr (SWAP_AB)
      stage_wave_transposed<kColumns>(warpgroup_d + wave * kWaveDBytes, sum[wave]);
    else if constexpr (OUT_FP32)
      stage_wave_fp32<kColumns>(warpgroup_d + wave * kWaveDBytes, sum[wave]);
    else
      stage_wave_bf16<kColumns>(warpgroup_d + wave * kWaveDBytes, sum[wave]);
  }
  fence_async_shared();
  named_barrier_sync(barrier, 128);
  if (!storing_thread) return;
#pragma unroll
  for (uint32 wave = 0; wave < kWaves; ++wave) {
    const uint32 wave_row = warpgroup_row + wave * 64;
    const uint32 row = task.row() + (SWAP_AB ? 0 : wave_row),
                 column = task.column() + (SWAP_AB ? wave_row : 0);
    if constexpr (DEFECT == kRowUnwritten)
      if (row + 1 == m) continue;
    if (row < m) store_wave(map_d, warpgroup_d + wave * kWaveDBytes, column, row);
  }
  tma_store_commit();
}
