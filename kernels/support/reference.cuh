// The truth: the product of the dequantised operands, accumulated in FP64.
#pragma once

#include "support/e4m3.cuh"

/// reference[m][n] = sum of a*b in FP64, magnitude[m][n] = sum of |a*b| in FP32. Scales as the kernels get
/// them: A's [k/128][padded_m], B's [ceil(n/128)][k/128]. Rows of A and B lie `a_pitch` and `b_pitch` apart.
/// The scaled values of an operand are exact in FP64 (4 + 24 bits). One CTA a 64x64 tile, 256 threads, 4x4
/// results each; grid {ceil(m/64), ceil(n/64)} (M in x, which may be large).
extern "C" __global__ void __launch_bounds__(256)
    reference_1d2d(double* reference, float* magnitude, const uint32* a, const uint32* b,
                   const float* scales_a, const float* scales_b, uint32 m, uint32 n, uint32 k,
                   uint32 padded_m, uint64 a_pitch, uint64 b_pitch) {
  enum : uint32 { kTile = 64, kStep = 16 };
  __shared__ double tile_a[kStep][kTile + 1];
  __shared__ double tile_b[kStep][kTile + 1];
  const uint32 first_row = blockIdx.x * kTile, first_column = blockIdx.y * kTile;
  const uint32 tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  // Each thread brings four values of A and four of B a step.
  const uint32 load_row = threadIdx.x / 4, load_k = threadIdx.x % 4 * 4;
  const uint32 row = first_row + load_row, column = first_column + load_row;
  double sum[4][4] = {};
  float absolute[4][4] = {};
  for (uint32 k0 = 0; k0 < k; k0 += kStep) {
    float x[4] = {}, y[4] = {};
    double scale_a = 0, scale_b = 0;
    if (row < m) {
      from_e4m3x4(a[(row * a_pitch + k0 + load_k) / 4], x);
      scale_a = scales_a[uint64(k0 / 128) * padded_m + row];
    }
    if (column < n) {
      from_e4m3x4(b[(column * b_pitch + k0 + load_k) / 4], y);
      scale_b = scales_b[uint64(column / 128) * (k / 128) + k0 / 128];
    }
    for (int i = 0; i < 4; ++i) {
      tile_a[load_k + i][load_row] = x[i] * scale_a;
      tile_b[load_k + i][load_row] = y[i] * scale_b;
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
