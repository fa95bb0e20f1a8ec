// C in BF16 from global memory -> shared memory -> added to the accumulators in FP32, for one wave (64 rows)
// of a warpgroup: D is rounded once. NOTES: not TMA's own addition in BF16, which adds a product that has
// been rounded already: that error alone is some 15 times the gate (simulated).
#pragma once

#include "epilogue/store_bf16.cuh"

/// Loads a wave of C to `wave_d` as stage_wave_bf16 lays it out; one thread. Completes 64 * BlockN * 2 bytes
/// at `barrier`, columns past D included.
template <uint32 BlockN, typename Row>
__device__ __forceinline__ void load_wave_bf16(const TensorMap& map_d, uint32 wave_d, uint32 barrier,
                                               uint32 column, Row row) {
  enum : uint32 { kColumns = store_columns<BlockN>(), kBoxBytes = 64 * kColumns * 2 };
#pragma unroll
  for (uint32 box = 0; box < BlockN / kColumns; ++box)
    tma_load_2d(wave_d + box * kBoxBytes, map_d, barrier, column + box * kColumns, row);
}

__device__ __forceinline__ void add_pair_bf16(float* sum, uint32 packed) {
  const float2 c = unpack_bf16(packed);
  sum[0] += c.x;
  sum[1] += c.y;
}

/// Adds the fragment of one wave of C. Called by all four warps; each reads what it will itself overwrite.
template <uint32 BlockN>
__device__ __forceinline__ void add_wave_bf16(uint32 wave_d, float (&sum)[BlockN / 2]) {
  enum : uint32 { kUnits = BlockN / 8 };
#pragma unroll
  for (uint32 unit = 0; unit + 1 < kUnits; unit += 2) {
    uint32 c[4];
    load_matrices_4(matrix_address<BlockN>(wave_d, unit), c);
#pragma unroll
    for (uint32 i = 0; i < 4; ++i) add_pair_bf16(&sum[unit * 4 + i * 2], c[i]);
  }
  if constexpr (kUnits % 2 == 1) {
    uint32 c[2];
    load_matrices_2(matrix_address<BlockN>(wave_d, kUnits - 1), c);
#pragma unroll
    for (uint32 i = 0; i < 2; ++i) add_pair_bf16(&sum[(kUnits - 1) * 4 + i * 2], c[i]);
  }
}
