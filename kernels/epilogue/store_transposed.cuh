// Accumulators of a transposed tile -> BF16 in swizzled shared memory, as rows of D: one wave (64 columns of
// D, which are the rows of wgmma) of a warpgroup makes one store box of `Tokens` rows.
#pragma once

#include "epilogue/store_bf16.cuh"

/// Writes the fragment of one wave to `wave_d` (Tokens x 64 BF16). Called by all four warps. stmatrix writes
/// each 8x8 matrix transposed: the fragment's columns become rows of 128 bytes, 16 of a warp's 64.
template <uint32 Tokens>
__device__ __forceinline__ void stage_wave_transposed(uint32 wave_d, const float (&sum)[Tokens / 2]) {
  enum : uint32 { kGroups = Tokens / 8 };
  const uint32 lane = threadIdx.x % 32;
  // Lane l gives the address of row l % 8 of matrix l / 8; matrices alternate between the first and the last
  // eight columns of D of the warp.
  const uint32 unit = threadIdx.x / 32 % 4 * 2 + lane / 8 % 2;
#pragma unroll
  for (uint32 group = 0; group + 1 < kGroups; group += 2) {
    const uint32 token = (group + lane / 16) * 8 + lane % 8;
    const float* d = &sum[group * 4];
    store_matrices_4_transposed(wave_d + swizzled_offset<64>(token, unit), pack_bf16(d[0], d[1]),
                                pack_bf16(d[2], d[3]), pack_bf16(d[4], d[5]), pack_bf16(d[6], d[7]));
  }
  if constexpr (kGroups % 2 == 1) {
    const uint32 token = (kGroups - 1) * 8 + lane % 8;
    const float* d = &sum[(kGroups - 1) * 4];
    store_matrices_2_transposed(wave_d + swizzled_offset<64>(token, unit), pack_bf16(d[0], d[1]),
                                pack_bf16(d[2], d[3]));
  }
}
