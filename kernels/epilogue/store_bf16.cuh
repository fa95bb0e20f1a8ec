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

/// Address of this lane's row of the matrices from 16-byte unit `unit` on, in a wave at `wave_d` (64 x BlockN
/// BF16, box after box): lane l gives that of row l % 8 of matrix l / 8, and matrices alternate between rows
/// 0-7 and 8-15 of the warp.
template <uint32 BlockN>
__device__ __forceinline__ uint32 matrix_address(uint32 wave_d, uint32 unit) {
  enum : uint32 { kColumns = store_columns<BlockN>(), kBoxBytes = 64 * kColumns * 2, kUnits = BlockN / 8 };
  const uint32 lane = threadIdx.x % 32;
  const uint32 row = (threadIdx.x / 32 % 4) * 16 + lane % 16;
  // An odd last unit has two matrices, whose addresses the first 16 lanes give.
  const uint32 mine = unit + 1 < kUnits ? unit + lane / 16 : unit;
  return wave_d + mine / (kColumns / 8) * kBoxBytes + swizzled_offset<kColumns>(row, mine % (kColumns / 8));
}

/// Writes the fragment of one wave to `wave_d`. Called by all four warps.
template <uint32 BlockN>
__device__ __forceinline__ void stage_wave_bf16(uint32 wave_d, const float (&sum)[BlockN / 2]) {
  enum : uint32 { kUnits = BlockN / 8 };
#pragma unroll
  for (uint32 unit = 0; unit + 1 < kUnits; unit += 2) {
    const float* d = &sum[unit * 4];
    store_matrices_4(matrix_address<BlockN>(wave_d, unit), pack_bf16(d[0], d[1]), pack_bf16(d[2], d[3]),
                     pack_bf16(d[4], d[5]), pack_bf16(d[6], d[7]));
  }
  if constexpr (kUnits % 2 == 1) {
    const float* d = &sum[(kUnits - 1) * 4];
    store_matrices_2(matrix_address<BlockN>(wave_d, kUnits - 1), pack_bf16(d[0], d[1]),
                     pack_bf16(d[2], d[3]));
  }
}

/// Issues the stores of a staged wave; one thread. Rows and columns past D are clipped by the tensor map.
template <uint32 BlockN, typename Row>
__device__ __forceinline__ void store_wave_bf16(const TensorMap& map_d, uint32 wave_d, uint32 column,
                                                Row row) {
  enum : uint32 { kColumns = store_columns<BlockN>(), kBoxBytes = 64 * kColumns * 2 };
#pragma unroll
  for (uint32 box = 0; box < BlockN / kColumns; ++box)
    tma_store_2d(map_d, wave_d + box * kBoxBytes, column + box * kColumns, row);
}
