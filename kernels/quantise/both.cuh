// Both ways of a tensor in one read: E4M3 as it lies, scaled by 128 of a row, and transposed, scaled by 128
// of a column. Forward needs the first, gradients the second.
#pragma once

#include "quantise/rows.cuh"

// BOTH_UNITS: units a thread, 8 or 4, and so as many rows; threads follow.
static_assert(BOTH_UNITS == 8 || BOTH_UNITS == 4, "8 or 4 bytes of a column go to shared memory at a time");

enum : uint32 {
  kBothThreads = kGroup * kGroup / kUnit / BOTH_UNITS,
  kBothWarps = kBothThreads / 32,
  kBothCtas = BOTH_UNITS == 8 && INPUT_BYTES == 2 && !STOCHASTIC ? 3 : 2  ///< an SM's, by their registers
};

/// The transposed tile in shared memory: 128 bytes of each column. A lane stores its rows' bytes of 8
/// columns. Where in the 128 those lie depends on the column, in steps of 8 bytes, so that the lanes of half
/// a warp, whose columns are 8 apart, store into all banks; what belongs to 16 bytes stays together, and is
/// read so.
struct TurnedTile {
  uint8* bytes;

  __device__ __forceinline__ static uint32 step(uint32 column) { return column / kUnit; }
  /// `words` of 4 rows each, from `row` on.
  template <uint32 Words>
  __device__ __forceinline__ void put(uint32 column, uint32 row, const uint32 (&words)[Words]) const {
    uint8* const at = bytes + column * kGroup + (row ^ step(column) * 8);
    if constexpr (Words == 2)
      *reinterpret_cast<uint2*>(at) = {words[0], words[1]};
    else
      *reinterpret_cast<uint32*>(at) = words[0];
  }
  /// Of a column 16 rows from 16 * chunk on.
  __device__ __forceinline__ uint4 chunk(uint32 column, uint32 chunk) const {
    const uint4 found = reinterpret_cast<const uint4*>(bytes)[column * 8 + (chunk ^ (step(column) / 2))];
    return step(column) % 2 == 0 ? found : uint4{found.z, found.w, found.x, found.y};
  }
};

/// Where a column's divisor lies: the lanes of half a warp, whose columns are 8 apart, read neighbours.
__device__ __forceinline__ uint32 place_of_column(uint32 column) {
  return column % kUnit * kLanesOfGroup + column / kUnit;
}

/// One of 128x128; all threads of the CTA.
struct BothTile {
  WarpRows<BOTH_UNITS> mine;
  float (*column_largest)[kGroup];  ///< of each warp's rows
  Divisor* column_divisors;         ///< at place_of_column()
  TurnedTile turned;

  __device__ __forceinline__ static uint32 warp() { return threadIdx.x / 32; }
  /// The first of a lane's columns in the tile.
  __device__ __forceinline__ static uint32 lane_column() { return threadIdx.x % kLanesOfGroup * kUnit; }

  __device__ __forceinline__ void put_largest_of_columns() const {
    float largest[kUnit];
#pragma unroll
    for (uint32 j = 0; j < kUnit; ++j) {
      largest[j] = 0;
#pragma unroll
      for (uint32 i = 0; i < BOTH_UNITS; ++i)
        largest[j] = fmaxf(largest[j], fabsf(value_of(mine.units[i], j)));
      largest[j] = fmaxf(largest[j], __shfl_xor_sync(0xffffffff, largest[j], kLanesOfGroup));
    }
    const bool upper = mine.half() == 1;
    float4 four;
    four.x = upper ? largest[4] : largest[0], four.y = upper ? largest[5] : largest[1];
    four.z = upper ? largest[6] : largest[2], four.w = upper ? largest[7] : largest[3];
    *reinterpret_cast<float4*>(&column_largest[warp()][lane_column() + 4 * mine.half()]) = four;
  }

  /// A thread a column. `scales` are those of 128 rows: of all columns of the tensor, side by side.
  __device__ __forceinline__ void put_scales_of_columns(float* scales) const {
    const uint32 column = threadIdx.x;
    if (column >= kGroup) return;
    float largest = 0;
#pragma unroll
    for (uint32 i = 0; i < kBothWarps; ++i) largest = fmaxf(largest, column_largest[i][column]);
    const float scale = scale_of(largest);
    column_divisors[place_of_column(column)] = divisor_of(scale);
    scales[mine.column + (DEFECT == kScaleOfNeighbour ? column ^ 1 : column)] = scale;
  }

  __device__ __forceinline__ void turn(uint64 seed) const {
    const uint32 place = mine.row(0) % kGroup;
    const bool astray = DEFECT == kRowNotTurned && place == kGroup - BOTH_UNITS;
#pragma unroll
    for (uint32 j = 0; j < kUnit; ++j) {
      const uint32 column = lane_column() + j;
      const Divisor by = column_divisors[place_of_column(column)];
      uint32 words[BOTH_UNITS / 4];
#pragma unroll
      for (uint32 i = 0; i < BOTH_UNITS; i += 4) {
        float x[4];
#pragma unroll
        for (uint32 row = 0; row < 4; ++row) x[row] = quotient(value_of(mine.units[i + row], j), by);
        words[i / 4] =
            to_e4m3_four(x[0], x[1], x[2], x[3],
                         noise_of_four(seed, kNoiseOfColumns, mine.column + column, mine.row(0) + i));
      }
      turned.put(column, astray ? place - BOTH_UNITS : place, words);
    }
  }

  /// `values`: where the tile's first column begins.
  __device__ __forceinline__ void store_turned(uint8* values, uint64 pitch) const {
    const uint32 chunk = threadIdx.x % 8;
#pragma unroll
    for (uint32 pass = 0; pass < kGroup / (kBothThreads / 8); ++pass) {
      const uint32 column = pass * (kBothThreads / 8) + threadIdx.x / 8;
      *reinterpret_cast<uint4*>(values + column * pitch + chunk * 16) = turned.chunk(column, chunk);
    }
  }
};

/// `values` [rows][columns] with scales [columns / 128][rows rounded up to 4]; `turned` [columns][rows
/// rounded up to 128], zeros past the last row, with scales [ceil(rows / 128)][columns]. A CTA for each
/// 128x128; grid: {columns / 128, ceil(rows / 128)}.
extern "C" __global__ void __launch_bounds__(kBothThreads, kBothCtas)
    quantise_both(const void* from, uint64 pitch, uint8* values, uint64 values_pitch, float* scales,
                  uint8* turned, uint64 turned_pitch, float* turned_scales, uint32 rows, uint32 columns,
                  uint64 seed) {
  __shared__ __align__(16) float column_largest[kBothWarps][kGroup];
  __shared__ Divisor column_divisors[kGroup];
  __shared__ __align__(16) uint8 bytes[kGroup * kGroup];
  BothTile tile{{}, column_largest, column_divisors, {bytes}};
  tile.mine.first = blockIdx.y * kGroup + tile.warp() * 2 * BOTH_UNITS;
  tile.mine.column = blockIdx.x * kGroup;
  tile.mine.load({static_cast<const uint4*>(from), pitch, rows});
  tile.put_largest_of_columns();
  __syncthreads();
  tile.put_scales_of_columns(turned_scales + uint64(blockIdx.y) * columns);
  // Meanwhile the other way.
  const float scale = tile.mine.scale_of_lanes_row();
  tile.mine.store_scales(scales, scale, rows);
  tile.mine.store(values, values_pitch, scale, rows, seed);
  __syncthreads();
  tile.turn(seed);
  __syncthreads();
  tile.store_turned(turned + uint64(blockIdx.x) * kGroup * turned_pitch + blockIdx.y * kGroup, turned_pitch);
}
