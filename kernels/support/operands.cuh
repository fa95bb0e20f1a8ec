// Makes operands on the device: values by support/values.cuh, quantised as their granularity of scales says.
#pragma once

#include "support/factors.cuh"
#include "support/outputs.cuh"
#include "support/values.cuh"

__device__ __forceinline__ float warp_max(float value) {
  for (int offset = 16; offset > 0; offset /= 2)
    value = fmaxf(value, __shfl_xor_sync(0xffffffff, value, offset));
  return value;
}

/// Four neighbouring values of a factor (`matrix` 0: A, 1: B) from `column` on; zeros past K.
__device__ __forceinline__ void four_values(float (&x)[4], int kind, uint64 seed, uint32 matrix, uint64 row,
                                            uint32 column, uint32 k) {
  for (int i = 0; i < 4; ++i) x[i] = column + i < k ? operand_value(kind, seed, matrix, row, column + i) : 0;
}

/// What values are divided by before they are rounded to E4M3: integers are such values themselves.
__device__ __forceinline__ float divisor_of(int kind, float scale) {
  return kind == kInteger ? 1 : scale;
}

/// rows x k E4M3 of a factor, `pitch` from row to row, with a scale for 128 of K in a row:
/// [k/128][padded_rows] (rows contiguous; the padding is NaN, so that a kernel that uses it shows). K is a
/// multiple of 128. One warp a row and k-block: grid {ceil(padded_rows/8), k/128}, 256 threads.
extern "C" __global__ void make_e4m3_row_128(uint32* values, float* scales, uint32 matrix, uint32 rows,
                                             uint32 padded_rows, uint32 k, uint64 pitch, int kind,
                                             int powers_of_two, uint64 seed) {
  const uint32 row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32, k_block = blockIdx.y;
  if (row >= padded_rows) return;
  float* const scale_at = scales + uint64(k_block) * padded_rows + row;
  if (row >= rows) {
    if (lane == 0) *scale_at = __int_as_float(0x7fffffff);
    return;
  }
  float x[4], amax = 0;
  four_values(x, kind, seed, matrix, row, k_block * 128 + lane * 4, k);
  for (int i = 0; i < 4; ++i) amax = fmaxf(amax, fabsf(x[i]));
  const float scale = scale_value(kind, powers_of_two, warp_max(amax), seed, matrix, row, k_block);
  const float divisor = divisor_of(kind, scale);
  values[(row * pitch + k_block * 128) / 4 + lane] =
      to_e4m3x4(x[0] / divisor, x[1] / divisor, x[2] / divisor, x[3] / divisor);
  if (lane == 0) *scale_at = scale;
}

/// The same with a scale for a block of 128x128: [ceil(rows/128)][k/128]. One CTA a block (its last rows may
/// not exist): grid {ceil(rows/128), k/128}, 256 threads.
extern "C" __global__ void make_e4m3_block_128(uint32* values, float* scales, uint32 matrix, uint32 rows,
                                               uint32 /*padded_rows*/, uint32 k, uint64 pitch, int kind,
                                               int powers_of_two, uint64 seed) {
  __shared__ float warp_amax[8];
  const uint32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, k_block = blockIdx.y;
  const uint32 column = k_block * 128 + lane * 4, end = min_of(rows, blockIdx.x * 128 + 128);
  float x[4], amax = 0;
  for (uint32 row = blockIdx.x * 128 + warp; row < end; row += 8) {
    four_values(x, kind, seed, matrix, row, column, k);
    for (int i = 0; i < 4; ++i) amax = fmaxf(amax, fabsf(x[i]));
  }
  amax = warp_max(amax);
  if (lane == 0) warp_amax[warp] = amax;
  __syncthreads();
  for (int i = 0; i < 8; ++i) amax = fmaxf(amax, warp_amax[i]);
  const float scale = scale_value(kind, powers_of_two, amax, seed, matrix, blockIdx.x, k_block);
  if (threadIdx.x == 0) scales[uint64(blockIdx.x) * gridDim.y + k_block] = scale;
  const float divisor = divisor_of(kind, scale);
  for (uint32 row = blockIdx.x * 128 + warp; row < end; row += 8) {
    four_values(x, kind, seed, matrix, row, column, k);
    values[(row * pitch + k_block * 128) / 4 + lane] =
        to_e4m3x4(x[0] / divisor, x[1] / divisor, x[2] / divisor, x[3] / divisor);
  }
}

/// The largest magnitude of a factor into *amax, which is zero before; magnitudes order as their bits.
/// Grid-stride over rows, 256 threads.
extern "C" __global__ void find_amax(uint32* amax, uint32 matrix, uint32 rows, uint32 k, int kind,
                                     uint64 seed) {
  float largest = 0;
  for (uint32 row = blockIdx.x; row < rows; row += gridDim.x)
    for (uint32 column = threadIdx.x; column < k; column += blockDim.x)
      largest = fmaxf(largest, fabsf(operand_value(kind, seed, matrix, row, column)));
  largest = warp_max(largest);
  if (threadIdx.x % 32 == 0) atomicMax(amax, __float_as_uint(largest));
}

/// The same factor with one scale, made of what find_amax left at `scales`: kernel by kernel, since all CTAs
/// read it.
extern "C" __global__ void finish_tensor_scale(float* scale, uint32 matrix, int kind, int powers_of_two,
                                               uint64 seed) {
  *scale = scale_value(kind, powers_of_two, *scale, seed, matrix, 0, 0);
}

/// rows x k E4M3 under the one scale that is at `scales`. K is a multiple of 16. One warp a row and 128 of K:
/// grid {ceil(rows/8), ceil(k/128)}, 256 threads.
extern "C" __global__ void make_e4m3_tensor(uint32* values, const float* scales, uint32 matrix, uint32 rows,
                                            uint32 /*padded_rows*/, uint32 k, uint64 pitch, int kind,
                                            int /*powers_of_two*/, uint64 seed) {
  const uint32 row = blockIdx.x * 8 + threadIdx.x / 32, column = blockIdx.y * 128 + threadIdx.x % 32 * 4;
  if (row >= rows || column >= k) return;
  float x[4];
  four_values(x, kind, seed, matrix, row, column, k);
  const float divisor = divisor_of(kind, *scales);
  values[(row * pitch + column) / 4] =
      to_e4m3x4(x[0] / divisor, x[1] / divisor, x[2] / divisor, x[3] / divisor);
}

/// rows x k BF16, rounded to nearest. Grid as make_e4m3_tensor.
extern "C" __global__ void make_bf16_none(uint16* values, const float* /*scales*/, uint32 matrix, uint32 rows,
                                          uint32 /*padded_rows*/, uint32 k, uint64 pitch, int kind,
                                          int /*powers_of_two*/, uint64 seed) {
  const uint32 row = blockIdx.x * 8 + threadIdx.x / 32, column = blockIdx.y * 128 + threadIdx.x % 32 * 4;
  if (row >= rows) return;
  for (uint32 i = column; i < column + 4 && i < k; ++i)
    values[row * pitch + i] = float_to_bf16(operand_value(kind, seed, matrix, row, i));
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

/// A factor dequantised to BF16 (scale applied and rounded), for the BF16 baseline; both lie `pitch` elements
/// from row to row. `Read` as in support/reference.cuh. Grid {ceil(rows/8), ceil(k/128)}, 256 threads.
template <typename Read>
__device__ __forceinline__ void to_bf16(uint16* out, Read read, uint32 rows, uint32 k, uint64 pitch) {
  const uint32 row = blockIdx.x * 8 + threadIdx.x / 32, column = blockIdx.y * 128 + threadIdx.x % 32 * 4;
  if (row >= rows) return;
  double x[4];
  read.four(x, row, column, k);
  for (int i = 0; i < 4; ++i)
    if (column + i < k) out[row * pitch + column + i] = float_to_bf16(float(x[i]));
}

#define TO_BF16(name, Read)                                                                            \
  extern "C" __global__ void to_bf16_##name(uint16* out, const void* values, const float* scales,      \
                                            uint32 rows, uint32 padded_rows, uint32 k, uint64 pitch) { \
    to_bf16(out, Read{values, scales, rows, padded_rows, k, pitch}, rows, k, pitch);                   \
  }
TO_BF16(e4m3_row_128, ReadE4m3Row128)
TO_BF16(e4m3_block_128, ReadE4m3Block128)
TO_BF16(e4m3_tensor, ReadE4m3Tensor)
