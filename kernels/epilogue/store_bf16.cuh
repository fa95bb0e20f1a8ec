// Accumulators -> BF16 in swizzled shared memory -> global memory by TMA, for one wave (64 rows) of a
// warpgroup.
#pragma once

#include "common/types.cuh"
#include "ptx/memory.cuh"
#include "ptx/tma.cuh"

/// Columns of one store box: the widest of 64, 32, 16, 8 that divides the tile. Its rows are as long as the
/// swizzle.
template <uint32 BlockN>
__device__ constexpr uint32 store_columns() {
  return gcd(BlockN, 64);
}

/// Byte offset of a 16-byte unit in a box of 64 rows: 128-, 64- and 32-byte swizzles XOR address bits 4-6 (or
/// fewer) with bits 7-9, which is what the tensor map of D says. Eight rows of stmatrix then hit eight
/// different bank groups.
template <uint32 Columns>
__device__ __forceinline__ uint32 swizzled_offset(uint32 row, uint32 unit) {
  const uint32 offset = row * (Columns * 2) + unit * 16;
  enum : uint32 { kMask = Columns / 8 - 1 };
  return offset ^ (((offset >> 7) & kMask) << 4);
}

/// Writes the fragment of one wave to `wave_d` (64 x BlockN BF16, box after box). Called by all four warps.
template <uint32 BlockN>
__device__ __forceinline__ void stage_wave_bf16(uint32 wave_d, const float (&sum)[BlockN / 2]) {
  enum : uint32 { kColumns = store_columns<BlockN>(), kBoxBytes = 64 * kColumns * 2, kUnits = BlockN / 8 };
  const uint32 lane = threadIdx.x % 32;
  // Lane l gives the address of row l % 8 of matrix l / 8; matrices alternate between rows 0-7 and 8-15 of
  // the warp.
  const uint32 row = (threadIdx.x / 32 % 4) * 16 + lane % 16;
#pragma unroll
  for (uint32 unit = 0; unit + 1 < kUnits; unit += 2) {
    const uint32 mine = unit + lane / 16;
    const uint32 address =
        wave_d + mine / (kColumns / 8) * kBoxBytes + swizzled_offset<kColumns>(row, mine % (kColumns / 8));
    const float* d = &sum[unit * 4];
    store_matrices_4(address, pack_bf16(d[0], d[1]), pack_bf16(d[2], d[3]), pack_bf16(d[4], d[5]),
                     pack_bf16(d[6], d[7]));
  }
  if constexpr (kUnits % 2 == 1) {
    enum : uint32 { kLast = kUnits - 1 };
    const uint32 address =
        wave_d + kLast / (kColumns / 8) * kBoxBytes + swizzled_offset<kColumns>(row, kLast % (kColumns / 8));
    const float* d = &sum[kLast * 4];
    store_matrices_2(address, pack_bf16(d[0], d[1]), pack_bf16(d[2], d[3]));
  }
}

/// Issues the stores of a staged wave; one thread. Rows and columns past D are clipped by the tensor map.
template <uint32 BlockN>
__device__ __forceinline__ void store_wave(const TensorMap& map_d, uint32 wave_d, uint32 column, uint32 row) {
  enum : uint32 { kColumns = store_columns<BlockN>(), kBoxBytes = 64 * kColumns * 2 };
#pragma unroll
  for (uint32 box = 0; box < BlockN / kColumns; ++box)
    tma_store_2d(map_d, wave_d + box * kBoxBytes, column + box * kColumns, row);
}
