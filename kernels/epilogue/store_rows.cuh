// Staged BF16 -> global memory by ordinary stores, for a box that TMA must not store whole: it cannot leave
// out rows in the middle of D, where another group begins.
#pragma once

#include "epilogue/store_bf16.cuh"

/// Rows from `first` to before `end` of a staged box of `Columns` columns (64 rows, or of a swapped tile its
/// tokens) to D; `d` is where the box's first element would go. `columns`: of those that exist, a multiple
/// of 8. All threads of the warpgroup, after a barrier behind what staged it; a barrier must follow before
/// the place is used again.
template <uint32 Columns>
__device__ __forceinline__ void store_box_rows(uint8* d, uint64 row_bytes, uint32 box, uint32 first,
                                               uint32 end, uint32 columns) {
  enum : uint32 { kUnits = Columns / 8 };
  const uint32 row_units = min_of(columns, Columns) / 8;
#pragma unroll 1
  for (uint32 i = first * kUnits + threadIdx.x % 128; i < end * kUnits; i += 128) {
    const uint32 row = i / kUnits, unit = i % kUnits;
    if (unit < row_units)
      store_global_unit(d + row * row_bytes + unit * 16,
                        load_shared_unit(box + swizzled_offset<Columns>(row, unit)));
  }
}

/// The same of a wave of `BlockN` columns, box after box.
template <uint32 BlockN>
__device__ __forceinline__ void store_wave_rows(uint8* d, uint64 row_bytes, uint32 wave_d, uint32 first,
                                                uint32 end, uint32 columns) {
  enum : uint32 { kColumns = store_columns<BlockN>(), kBoxBytes = 64 * kColumns * 2 };
#pragma unroll 1
  for (uint32 column = 0; column < BlockN && column < columns; column += kColumns, wave_d += kBoxBytes)
    store_box_rows<kColumns>(d + column * 2, row_bytes, wave_d, first, end, columns - column);
}
