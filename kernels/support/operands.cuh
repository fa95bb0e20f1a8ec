// Makes and quantises the operands of a 1d2d problem on the device.
#pragma once

#include "support/outputs.cuh"
#include "support/values.cuh"

__device__ __forceinline__ float warp_max(float value) {
  for (int offset = 16; offset > 0; offset /= 2)
    value = fmaxf(value, __shfl_xor_sync(0xffffffff, value, offset));
  return value;
}

/// A: rows x k E4M3, `pitch` from row to row, and its scales [k/128][padded_rows] (rows contiguous; the
/// padding is NaN, so that a kernel that uses it shows). One warp a row and k-block: grid
/// {ceil(padded_rows/8), k/128}, 256 threads.
extern "C" __global__ void make_rows(uint32* values, float* scales, uint32 rows, uint32 padded_rows,
                                     uint64 pitch, int kind, int powers_of_two, uint64 seed) {
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
  values[(row * pitch + k_block * 128) / 4 + lane] = to_e4m3x4(x[0], x[1], x[2], x[3]);
  if (lane == 0) *scale_at = scale;
}

/// B: rows x k E4M3, `pitch` from row to row, and its scales [ceil(rows/128)][k/128]. One CTA a block of
/// 128x128 (its last rows may not exist): grid {ceil(rows/128), k/128}, 256 threads.
extern "C" __global__ void make_blocks(uint32* values, float* scales, uint32 rows, uint64 pitch, int kind,
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
    values[(row * pitch + k_block * 128) / 4 + lane] = to_e4m3x4(x[0], x[1], x[2], x[3]);
  }
}

/// C: count = rows x columns elements of D's type, `pitch` from row to row. They are added to the reference
/// and the magnitude of the product, which are there already. Grid-stride.
template <typename Output>
__device__ __forceinline__ void make_c(typename Output::Bits* c, double* reference, float* magnitude,
                                       uint64 count, uint32 columns, uint64 pitch, int kind, uint64 seed) {
  for (uint64 i = uint64(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += uint64(gridDim.x) * blockDim.x) {
    const uint64 row = i / columns;
    const uint32 column = uint32(i % columns);
    const typename Output::Bits bits = Output::rounded(addend_value(kind, seed, row, column));
    c[row * pitch + column] = bits;
    reference[i] += Output::value(bits);
    magnitude[i] += fabsf(Output::value(bits));
  }
}

extern "C" __global__ void make_c_bf16(uint16* c, double* reference, float* magnitude, uint64 count,
                                       uint32 columns, uint64 pitch, int kind, uint64 seed) {
  make_c<Bf16Output>(c, reference, magnitude, count, columns, pitch, kind, seed);
}

extern "C" __global__ void make_c_fp32(uint32* c, double* reference, float* magnitude, uint64 count,
                                       uint32 columns, uint64 pitch, int kind, uint64 seed) {
  make_c<Fp32Output>(c, reference, magnitude, count, columns, pitch, kind, seed);
}

/// The same operands in BF16 (scale applied and rounded), for the BF16 baseline. `scale_rows` is how many
/// rows share a scale (1 for A, 128 for B); the scale of a block is scales[(row / scale_rows) * row_stride +
/// k_block * k_stride]. Both lie `pitch` elements from row to row. Grid {ceil(rows/8), k/128}, 256 threads.
extern "C" __global__ void to_bf16(uint16* out, const uint32* values, const float* scales, uint32 rows,
                                   uint64 pitch, uint32 scale_rows, uint32 row_stride, uint32 k_stride) {
  const uint32 row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32, k_block = blockIdx.y;
  if (row >= rows) return;
  const float scale = scales[uint64(row / scale_rows) * row_stride + uint64(k_block) * k_stride];
  const uint64 at = row * pitch + k_block * 128 + lane * 4;
  float x[4];
  from_e4m3x4(values[at / 4], x);
  for (int i = 0; i < 4; ++i) out[at + i] = float_to_bf16(x[i] * scale);
}
