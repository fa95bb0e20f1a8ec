// Makes and quantises the operands of a 1d2d problem on the device.
#pragma once

#include "support/e4m3.cuh"
#include "support/values.cuh"

__device__ __forceinline__ float warp_max(float value) {
  for (int offset = 16; offset > 0; offset /= 2)
    value = fmaxf(value, __shfl_xor_sync(0xffffffff, value, offset));
  return value;
}

/// A: rows x k E4M3, row-major, and its scales [k/128][padded_rows] (rows contiguous; the padding is NaN, so
/// that a kernel that uses it shows). One warp a row and k-block: grid {ceil(padded_rows/8), k/128}, 256
/// threads.
extern "C" __global__ void make_rows(uint32* values, float* scales, uint32 rows, uint32 padded_rows, uint32 k,
                                     int kind, int powers_of_two, uint64 seed) {
  const uint32 row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32, k_block = blockIdx.y;
  if (row >= padded_rows) return;
  float* const scale_at = scales + uint64(k_block) * padded_rows + row;
  if (row >= rows) {
    if (lane == 0) *scale_at = __int_as_float(0x7fffffff);
    return;
  }
  float x[4], amax = 0;
  for (int i = 0; i < 4; ++i) {
    x[i] = operand_value(kind, seed, 0, row, k_block * 128 + lane * 4 + i);
    amax = fmaxf(amax, fabsf(x[i]));
  }
  const float scale = scale_value(kind, powers_of_two, warp_max(amax), seed, 0, row, k_block);
  if (kind != kInteger)
    for (int i = 0; i < 4; ++i) x[i] /= scale;
  values[(uint64(row) * k + k_block * 128) / 4 + lane] = to_e4m3x4(x[0], x[1], x[2], x[3]);
  if (lane == 0) *scale_at = scale;
}

/// B: rows x k E4M3, row-major, and its scales [ceil(rows/128)][k/128]. One CTA a block of 128x128 (its last
/// rows may not exist): grid {ceil(rows/128), k/128}, 256 threads.
extern "C" __global__ void make_blocks(uint32* values, float* scales, uint32 rows, uint32 k, int kind,
                                       int powers_of_two, uint64 seed) {
  __shared__ float warp_amax[8];
  const uint32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, k_block = blockIdx.y;
  float amax = 0;
  for (uint32 row = blockIdx.x * 128 + warp; row < min_of(rows, blockIdx.x * 128 + 128); row += 8)
    for (int i = 0; i < 4; ++i)
      amax = fmaxf(amax, fabsf(operand_value(kind, seed, 1, row, k_block * 128 + lane * 4 + i)));
  amax = warp_max(amax);
  if (lane == 0) warp_amax[warp] = amax;
  __syncthreads();
  for (int i = 0; i < 8; ++i) amax = fmaxf(amax, warp_amax[i]);
  const float scale = scale_value(kind, powers_of_two, amax, seed, 1, blockIdx.x, k_block);
  if (threadIdx.x == 0) scales[uint64(blockIdx.x) * gridDim.y + k_block] = scale;
  const float divisor = kind == kInteger ? 1 : scale;
  for (uint32 row = blockIdx.x * 128 + warp; row < min_of(rows, blockIdx.x * 128 + 128); row += 8) {
    float x[4];
    for (int i = 0; i < 4; ++i)
      x[i] = operand_value(kind, seed, 1, row, k_block * 128 + lane * 4 + i) / divisor;
    values[(uint64(row) * k + k_block * 128) / 4 + lane] = to_e4m3x4(x[0], x[1], x[2], x[3]);
  }
}

/// The same operands in BF16 (scale applied and rounded), for the BF16 baseline. `scale_rows` is how many
/// rows share a scale (1 for A, 128 for B); the scale of a block is scales[(row / scale_rows) * row_stride +
/// k_block * k_stride]. Grid {ceil(rows/8), k/128}, 256 threads.
extern "C" __global__ void to_bf16(uint16* out, const uint32* values, const float* scales, uint32 rows,
                                   uint32 k, uint32 scale_rows, uint32 row_stride, uint32 k_stride) {
  const uint32 row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32, k_block = blockIdx.y;
  if (row >= rows) return;
  const float scale = scales[uint64(row / scale_rows) * row_stride + uint64(k_block) * k_stride];
  const uint64 at = uint64(row) * k + k_block * 128 + lane * 4;
  float x[4];
  from_e4m3x4(values[at / 4], x);
  for (int i = 0; i < 4; ++i) out[at + i] = float_to_bf16(x[i] * scale);
}
