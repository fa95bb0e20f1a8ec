// Accumulators -> FP32 in shared memory -> global memory by TMA, stored or added to what is there, for one
// wave (64 rows) of a warpgroup.
#pragma once

#include "common/types.cuh"
#include "ptx/memory.cuh"
#include "ptx/tma.cuh"

/// Columns of one store box: the widest of 32, 16, 8 that divides the tile. Boxes of 32 columns are swizzled.
template <uint32 BlockN>
__device__ constexpr uint32 store_columns_fp32() {
  return gcd(BlockN, 32);
}

/// Writes the fragment of one wave to `wave_d` (64 x BlockN FP32, box after box). Called by all four warps.
///
/// A thread holds two neighbouring columns of rows r and r + 8 in each group of 8 columns, and a half-warp
/// stores four rows of 32 bytes at a time. Where rows are 128 bytes (the swizzle XORs address bits 4-6 with
/// 7-9) or 64 bytes long, two of the four would meet in the same banks: so half of the rows store another
/// group at that time, the one `kApart` from it.
template <uint32 BlockN>
__device__ __forceinline__ void stage_wave_fp32(uint32 wave_d, const float (&sum)[BlockN / 2]) {
  enum : uint32 {
    kColumns = store_columns_fp32<BlockN>(),
    kRowBytes = kColumns * 4,
    kBoxBytes = 64 * kRowBytes,
    kGroups = kColumns / 8,
    kApart = kGroups / 2,
  };
  const uint32 lane = threadIdx.x % 32, row = threadIdx.x / 32 % 4 * 16 + lane / 4;
  const bool other_first = kColumns == 32 ? row & 1 : kColumns == 16 ? row & 2 : false;
  const uint32 swizzle = kColumns == 32 ? row % 8 * 16 : 0;
  const uint32 offset = row * kRowBytes + (lane % 4 * 8 ^ swizzle ^ (other_first ? kApart * 32 : 0));
#pragma unroll
  for (uint32 group = 0; group < BlockN / 8; ++group) {
    const uint32 in_box = group % kGroups;
    const float* near = &sum[group * 4];
    // The groups of a pair change places in the rows that begin with the other one.
    const float* far = &sum[(group / kGroups * kGroups + (in_box ^ kApart)) * 4];
    const uint32 address = wave_d + group / kGroups * kBoxBytes + (offset ^ in_box * 32);
    store_shared_pair(address, other_first ? far[0] : near[0], other_first ? far[1] : near[1]);
    store_shared_pair(address + 8 * kRowBytes, other_first ? far[2] : near[2],
                      other_first ? far[3] : near[3]);
  }
}

/// Issues the stores of a staged wave; one thread. Rows and columns past D are clipped by the tensor map.
template <uint32 BlockN, bool Add, typename Row>
__device__ __forceinline__ void store_wave_fp32(const TensorMap& map_d, uint32 wave_d, uint32 column,
                                                Row row) {
  enum : uint32 { kColumns = store_columns_fp32<BlockN>(), kBoxBytes = 64 * kColumns * 4 };
#pragma unroll
  for (uint32 box = 0; box < BlockN / kColumns; ++box) {
    const uint32 box_d = wave_d + box * kBoxBytes, box_column = column + box * kColumns;
    if constexpr (Add)
      tma_add_2d(map_d, box_d, box_column, row);
    else
      tma_store_2d(map_d, box_d, box_column, row);
  }
}
