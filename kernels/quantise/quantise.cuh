// BF16 or FP32 to E4M3 with FP32 scales, in the layouts that the GEMM kernels read: by rows of 128, by blocks
// of 128x128, and both ways of a tensor in one read. `columns` is a multiple of 128, `rows` any number;
// pitches are in elements, of what is read a multiple of 16 bytes, of E4M3 of 16.
//
// A scale is max(amax, 1e-4) / 448, an element E4M3 of x / scale, nearest even or stochastic. NaN does not
// count for amax and stays NaN. Where something is infinite, so is its scale: what is finite there becomes 0,
// what is infinite NaN, and the product NaN.
#pragma once

#include "quantise/both.cuh"
#include "quantise/rows.cuh"

/// Scales of rows: [columns / 128][rows rounded up to 4]. A warp for each eight rows of 128; grid:
/// ceil(ceil(rows / 8) * columns / 128 / kWarps).
extern "C" __global__ void __launch_bounds__(kThreads)
    quantise_row(const void* from, uint64 pitch, uint8* values, uint64 values_pitch, float* scales,
                 uint32 rows, uint32 columns, uint64 seed) {
  const uint32 groups = columns / kGroup, task = blockIdx.x * kWarps + threadIdx.x / 32;
  WarpRows<4> mine;
  mine.first = task / groups * 8;
  mine.column = task % groups * kGroup;
  if (mine.first >= rows) return;
  mine.load({static_cast<const uint4*>(from), pitch, rows});
  const float scale = mine.scale_of_lanes_row();
  mine.store_scales(scales, scale, rows);
  mine.store(values, values_pitch, scale, rows, seed);
}

/// Scales of blocks: [ceil(rows / 128)][columns / 128]. A CTA for each; grid: {columns / 128, ceil(rows /
/// 128)}.
extern "C" __global__ void __launch_bounds__(kThreads)
    quantise_block(const void* from, uint64 pitch, uint8* values, uint64 values_pitch, float* scales,
                   uint32 rows, uint32 columns, uint64 seed) {
  __shared__ float warp_largest[kWarps];
  const uint32 warp = threadIdx.x / 32;
  WarpRows<8> mine;
  mine.first = blockIdx.y * kGroup + warp * 16;
  mine.column = blockIdx.x * kGroup;
  mine.load({static_cast<const uint4*>(from), pitch, rows});
  float largest = 0;
#pragma unroll
  for (uint32 i = 0; i < 8; ++i) largest = fmaxf(largest, largest_of(mine.units[i]));
  largest = max_over_lanes(largest, 32);
  if (threadIdx.x % 32 == 0) warp_largest[warp] = largest;
  __syncthreads();
#pragma unroll
  for (uint32 i = 0; i < kWarps; ++i) largest = fmaxf(largest, warp_largest[i]);
  const float scale = scale_of(largest);
  const Divisor by = divisor_of(scale);
  const uint32 column = DEFECT == kScaleOfNeighbour ? (blockIdx.x + 1) % gridDim.x : blockIdx.x;
  if (threadIdx.x == 0) scales[uint64(blockIdx.y) * (columns / kGroup) + column] = scale;
#pragma unroll
  for (uint32 i = 0; i < 8; ++i)
    if (mine.row(i) < rows)
      *reinterpret_cast<uint2*>(values + mine.row(i) * values_pitch + mine.unit_column()) =
          quantised(mine.units[i], by, seed, kNoiseOfColumns, mine.row(i), mine.unit_column());
}
