// The reference: the product of the dequantised factors, accumulated in FP64.
#pragma once

#include "support/factors.cuh"

/// reference[m][n] = sum of a*b in FP64, magnitude[m][n] = sum of |a*b| in FP32. One CTA a 64x64 tile, 256
/// threads, 4x4 results each; grid {ceil(m/64), ceil(n/64)} (M in x, which may be large).
template <typename ReadA, typename ReadB>
__device__ __forceinline__ void reference(double* reference, float* magnitude, const ReadA& a,
                                          const ReadB& b) {
  enum : uint32 { kTile = 64, kStep = 16 };
  __shared__ double tile_a[kStep][kTile + 1];
  __shared__ double tile_b[kStep][kTile + 1];
  const uint32 m = a.rows, n = b.rows, k = a.k;
  const uint32 first_row = blockIdx.x * kTile, first_column = blockIdx.y * kTile;
  const uint32 tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  // Each thread brings four values of A and four of B a step.
  const uint32 load_row = threadIdx.x / 4, load_k = threadIdx.x % 4 * 4;
  double sum[4][4] = {};
  float absolute[4][4] = {};
  for (uint32 k0 = 0; k0 < k; k0 += kStep) {
    double x[4], y[4];
    a.four(x, first_row + load_row, k0 + load_k, k);
    b.four(y, first_column + load_row, k0 + load_k, k);
    for (int i = 0; i < 4; ++i) {
      tile_a[load_k + i][load_row] = x[i];
      tile_b[load_k + i][load_row] = y[i];
    }
    __syncthreads();
#pragma unroll
    for (uint32 step = 0; step < kStep; ++step) {
      double u[4], v[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) u[i] = tile_a[step][ty + 16 * i], v[i] = tile_b[step][tx + 16 * i];
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          sum[i][j] += u[i] * v[j];
          absolute[i][j] += fabsf(float(u[i])) * fabsf(float(v[j]));
        }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 4; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const uint32 r = first_row + ty + 16 * i, c = first_column + tx + 16 * j;
      if (r >= m || c >= n) continue;
      reference[uint64(r) * n + c] = sum[i][j];
      magnitude[uint64(r) * n + c] = absolute[i][j];
    }
}

#define REFERENCE(name, ReadA, ReadB)                                                                   \
  extern "C" __global__ void __launch_bounds__(256)                                                     \
      reference_##name(double* out, float* magnitude, const void* a, const float* scales_a, uint32 m,   \
                       uint32 padded_m, uint64 a_pitch, const void* b, const float* scales_b, uint32 n, \
                       uint32 padded_n, uint64 b_pitch, uint32 k) {                                     \
    reference(out, magnitude, ReadA{a, scales_a, m, padded_m, k, a_pitch},                              \
              ReadB{b, scales_b, n, padded_n, k, b_pitch});                                             \
  }
// By the factors' names: of A, then of B.
REFERENCE(e4m3_row_128_e4m3_row_128, ReadE4m3Row128, ReadE4m3Row128)
REFERENCE(e4m3_row_128_e4m3_block_128, ReadE4m3Row128, ReadE4m3Block128)
REFERENCE(e4m3_tensor_e4m3_tensor, ReadE4m3Tensor, ReadE4m3Tensor)
REFERENCE(bf16_none_bf16_none, ReadBf16, ReadBf16)
