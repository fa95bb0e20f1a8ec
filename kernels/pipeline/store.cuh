// How a warpgroup stores its rows of a tile, in each output mode. `m`: past the last row of D that the tile
// may store.
#pragma once

#include "common/defect.cuh"
#include "epilogue/add_bf16.cuh"
#include "epilogue/store_bf16.cuh"
#include "epilogue/store_fp32.cuh"
#include "epilogue/store_rows.cuh"
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
                             task.walk.row_of_d(first_row + wave * 64));
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

/// Issues the store of `Columns` staged columns of a wave; one thread.
template <uint32 Columns, typename Row>
__device__ __forceinline__ void store_wave(const TensorMap& map_d, uint32 wave_d, uint32 column, Row row) {
  if constexpr (SWAP_AB) return tma_store_2d(map_d, wave_d, column, row);
  if constexpr (!OUT_FP32) return store_wave_bf16<Columns>(map_d, wave_d, column, row);
  constexpr bool kAdd = ACCUMULATE && DEFECT != kCMissing;
  store_wave_fp32<Columns, kAdd>(map_d, wave_d, column, row);
  if constexpr (kAdd && DEFECT == kAddedTwice) store_wave_fp32<Columns, kAdd>(map_d, wave_d, column, row);
}

/// Whether TMA stores the box that begins at `row`, where it clips what lies past D. It does not clip what
/// lies before or past a group, and would write over another one's rows. NOTES: two functions, since one for
/// both made ptxas write other code for kernels of one product.
enum : uint32 { kClipsByGroup = GROUPED && DEFECT != kNotClipped };

__device__ __forceinline__ bool begins_in_d(uint32 row, uint32 m) {
  return row < m;
}

__device__ __forceinline__ bool lies_in_group(const Task& task, uint32 row, uint32 m) {
  return row < m && m - row >= kStoreRows && task.walk.rows_before_group(row) == 0;
}

/// The rows of a staged box in which a group begins or ends; all threads of the warpgroup. `wave_row`: the
/// box's row, of a swapped tile column, in the tile; `first_column`: the first of its columns that are
/// staged.
template <uint32 Columns>
__device__ __forceinline__ void store_group_rows(const Task& task, uint32 m, uint32 staged, uint32 wave_row,
                                                 uint32 first_column) {
  const uint32 row = task.row() + (SWAP_AB ? 0 : wave_row),
               column = task.column() + (SWAP_AB ? wave_row : first_column);
  if (row >= m || lies_in_group(task, row, m) || column >= task.n || DEFECT == kNotClipped) return;
  if (DEFECT == kRowUnwritten && row + 1 == m) return;
  const RowsOfD& rows = task.rows_of_d;
  uint8* const d = rows.d + row_by_place(row, rows.row_bytes / 2) * rows.row_bytes + uint64(column) * 2;
  const uint32 first = task.walk.rows_before_group(row), end = min_of(m - row, kStoreRows);
  if constexpr (SWAP_AB)
    store_box_rows<64>(d, rows.row_bytes, staged, first, end, task.n - column);
  else
    store_wave_rows<Columns>(d, rows.row_bytes, staged, first, end, task.n - column);
}

/// This warpgroup's rows to D, whole: its waves are staged and then stored.
__device__ __forceinline__ void store_whole(const float (&sum)[kWaves][kColumns / 2], const Task& task,
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
  if constexpr (GROUPED) {
#pragma unroll
    for (uint32 wave = 0; wave < kWaves; ++wave)
      store_group_rows<kColumns>(task, m, warpgroup_d + wave * kWaveDBytes, warpgroup_row + wave * 64, 0);
    // What all threads read of the place must have been read before it takes the next sums.
    if constexpr (SPLIT_K > 1) named_barrier_sync(barrier, 128);
  }
  if (!storing_thread) return;
#pragma unroll
  for (uint32 wave = 0; wave < kWaves; ++wave) {
    const uint32 wave_row = warpgroup_row + wave * 64;
    const uint32 row = task.row() + (SWAP_AB ? 0 : wave_row),
                 column = task.column() + (SWAP_AB ? wave_row : 0);
    if constexpr (DEFECT == kRowUnwritten)
      if (row + 1 == m) continue;
    if (kClipsByGroup ? lies_in_group(task, row, m) : begins_in_d(row, m))
      store_wave<kColumns>(map_d, warpgroup_d + wave * kWaveDBytes, column, task.walk.row_of_d(row));
  }
  tma_store_commit();
}

/// The same in parts of 64 rows and kPartColumns columns, which take turns at STORE_BUFFERS places.
__device__ __forceinline__ void store_parts(const float (&sum)[kWaves][kColumns / 2], const Task& task,
                                            const TensorMap& map_d, uint32 m, uint32 warpgroup_d,
                                            uint32 warpgroup_row, uint32 barrier) {
  enum : uint32 { kPartsOfWave = kColumns / kPartColumns, kParts = kWaves * kPartsOfWave };
  const bool storing_thread = threadIdx.x % 128 == 0;
  if (storing_thread) tma_store_wait_read();  // of the tile before
  named_barrier_sync(barrier, 128);
#pragma unroll
  for (uint32 part = 0; part < kParts; ++part) {
    const uint32 wave = part / kPartsOfWave, first = part % kPartsOfWave * kPartColumns;
    const uint32 part_d = warpgroup_d + part % STORE_BUFFERS * kPartBytes;
    const auto& of_part = reinterpret_cast<const float(&)[kPartColumns / 2]>(sum[wave][first / 2]);
    if constexpr (OUT_FP32)
      stage_wave_fp32<kPartColumns>(part_d, of_part);
    else
      stage_wave_bf16<kPartColumns>(part_d, of_part);
    fence_async_shared();
    // The next part's place must be free: the part that was there before went out STORE_BUFFERS - 1 ago.
    if (storing_thread && part + 1 >= STORE_BUFFERS && part + 1 < kParts)
      tma_store_wait_read<STORE_BUFFERS - 2>();
    named_barrier_sync(barrier, 128);
    if constexpr (GROUPED) store_group_rows<kPartColumns>(task, m, part_d, warpgroup_row + wave * 64, first);
    const uint32 row = task.row() + warpgroup_row + wave * 64;
    if (!storing_thread) continue;
    if ((kClipsByGroup ? lies_in_group(task, row, m) : begins_in_d(row, m)) &&
        (DEFECT != kRowUnwritten || row + 1 != m))
      store_wave<kPartColumns>(map_d, part_d, task.column() + first, task.walk.row_of_d(row));
    tma_store_commit();  // of nothing where rows lie past M: each part counts
  }
}

/// This warpgroup's rows to D. The other warpgroups go on computing meanwhile.
__device__ __forceinline__ void store_tile(const float (&sum)[kWaves][kColumns / 2], const Task& task,
                                           const TensorMap& map_d, uint32 m, uint32 warpgroup_d,
                                           uint32 warpgroup_row, uint32 barrier) {
  if constexpr (STORE_BUFFERS > 0)
    store_parts(sum, task, map_d, m, warpgroup_d, warpgroup_row, barrier);
  else
    store_whole(sum, task, map_d, m, warpgroup_d, warpgroup_row, barrier);
}
