// The promotion of A scaled 1x128 and B scaled 128x128: the product of one k-block, times its scales, onto
// the FP32 sums. A scale of A belongs to a row of D, one of B to 128 columns.
#pragma once

#include "pipeline/layout.cuh"
#include "ptx/memory.cuh"

enum : uint32 {
  // B's scales change every 128 columns. Tiles start at multiples of BLOCK_N, so the change can only fall on
  // multiples of this many columns inside a tile.
  kScaleGranularity = gcd(BLOCK_N, 128),
  kStraddles = 128 % BLOCK_N != 0,  // a tile may lie under two scale columns

  // In a row of k-blocks ptxas moves the wait for the next one, and its addresses, up among the FFMAs of the
  // last. Not in tiles that are small or share out K, which wait for memory: there the longer code costs a
  // short kernel 1 %. Nor where it would spill. Two where the scale of B may change after any eight columns
  // of two waves: four take 0.85 s to compile, and what two cost there has not been measured.
  kFewRegisters = SWAP_AB || kMathWarpgroups > 2 || (kLoadsC && kScaleGranularity == 8),
  kInARow = kWaves > 1 && kScaleGranularity == 8 ? 2 : 4,
  kUnrolledKBlocks = kRows >= 128 && kColumns >= 64 && SPLIT_K == 1 && !kFewRegisters ? kInARow : 1,
};

static_assert(BLOCK_N <= 128 + kScaleGranularity, "a tile lies under at most two scale columns");

/// Scales of A of a stage for one wave of a warpgroup, a thread's share: in registers before the stage is
/// given back. To promote takes those of B too: `scales_b` under the first scale column of the tile, which
/// covers `first_columns` columns of D, and under the second.
template <bool Swapped>
struct WaveScales;

/// Rows of the fragment are rows of D: a thread has two.
template <>
struct WaveScales<false> {
  float row, row8;

  __device__ __forceinline__ void load(uint32 scales_a, uint32 wave_row) {
    const uint32 mine = scales_a + (wave_row + threadIdx.x / 32 % 4 * 16 + threadIdx.x % 32 / 4) * 4;
    row = load_shared(mine);
    row8 = load_shared(mine + 8 * 4);
  }

  __device__ __forceinline__ void promote(float (&sum)[kColumns / 2], const float (&product)[kColumns / 2],
                                          float2 scales_b, uint32 first_columns, uint32) const {
    const float first = row * scales_b.x, first8 = row8 * scales_b.x;
    const float second = row * scales_b.y, second8 = row8 * scales_b.y;
#pragma unroll
    for (uint32 group = 0; group < kColumns; group += kScaleGranularity) {
      const bool in_first = !kStraddles || group < first_columns;
      const float scale = in_first ? first : second, scale8 = in_first ? first8 : second8;
#pragma unroll
      for (uint32 i = group / 2; i < (group + kScaleGranularity) / 2; i += 4) {
        sum[i] += scale * product[i];
        sum[i + 1] += scale * product[i + 1];
        sum[i + 2] += scale8 * product[i + 2];
        sum[i + 3] += scale8 * product[i + 3];
      }
    }
  }
};

/// Rows of the fragment are columns of D: 64 of them never straddle a scale of B, and a thread has two
/// columns of the fragment in every eight, each with its own scale of A.
template <>
struct WaveScales<true> {
  float2 columns[kColumns / 8];

  __device__ __forceinline__ void load(uint32 scales_a, uint32) {
#pragma unroll
    for (uint32 i = 0; i < kColumns / 8; ++i)
      columns[i] = load_shared_pair(scales_a + (i * 4 + threadIdx.x % 4) * 8);
  }

  __device__ __forceinline__ void promote(float (&sum)[kColumns / 2], const float (&product)[kColumns / 2],
                                          float2 scales_b, uint32 first_columns, uint32 wave_row) const {
    const float rows = !kStraddles || wave_row < first_columns ? scales_b.x : scales_b.y;
#pragma unroll
    for (uint32 i = 0; i < kColumns / 2; i += 4) {
      const float even = rows * columns[i / 4].x, odd = rows * columns[i / 4].y;
      sum[i] += even * product[i];
      sum[i + 1] += odd * product[i + 1];
      sum[i + 2] += even * product[i + 2];
      sum[i + 3] += odd * product[i + 3];
    }
  }
};
