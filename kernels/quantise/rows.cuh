// A warp's rows of one 128: half a warp takes a row, and each lane eight neighbouring elements of it. The
// halves' rows are Units apart, so that a lane has neighbouring rows: transposed, they lie side by side.
#pragma once

#include "quantise/element.cuh"

/// Scales are stored [columns / 128][rows rounded up to 4], as TMA takes those of A.
__device__ __forceinline__ uint32 padded_rows(uint32 rows) {
  return ceil_div(rows, 4) * 4;
}

/// 2 * Units rows from `first` on, and the 128 elements from `column` on.
template <uint32 Units>
struct WarpRows {
  Unit units[Units];
  uint32 first, column;

  __device__ __forceinline__ static uint32 lane() { return threadIdx.x % 32; }
  __device__ __forceinline__ static uint32 half() { return lane() / kLanesOfGroup; }
  /// The row of a unit among the warp's.
  __device__ __forceinline__ static uint32 place(uint32 i) { return half() * Units + i; }
  __device__ __forceinline__ uint32 row(uint32 i) const { return first + place(i); }
  __device__ __forceinline__ uint32 unit_column() const { return column + lane() % kLanesOfGroup * kUnit; }

  __device__ __forceinline__ void load(const Input& input) {
#pragma unroll
    for (uint32 i = 0; i < Units; ++i) units[i] = input.unit(row(i), unit_column());
  }

  /// Each lane's is that of the warp's row `lane % (2 * Units)`: a division a lane instead of one a unit.
  __device__ __forceinline__ float scale_of_lanes_row() const {
    float mine = 0;
#pragma unroll
    for (uint32 i = 0; i < Units; ++i) {
      const float of_row = max_over_lanes(largest_of(units[i]), kLanesOfGroup);
      const float other = __shfl_sync(0xffffffff, of_row, lane() / Units % 2 * kLanesOfGroup);
      if (lane() % Units == i) mine = other;
    }
    return scale_of(mine);
  }

  /// `scale` as scale_of_lanes_row() gives it. Rows past the last, up to the padding, get 0.
  __device__ __forceinline__ void store_scales(float* scales, float scale, uint32 rows) const {
    const uint32 mine = first + lane();
    if constexpr (DEFECT == kScaleOfNeighbour) scale = __shfl_xor_sync(0xffffffff, scale, 1);
    if (lane() < 2 * Units && mine < padded_rows(rows))
      scales[uint64(column / kGroup) * padded_rows(rows) + mine] = mine < rows ? scale : 0.0f;
  }

  __device__ __forceinline__ void store(uint8* values, uint64 pitch, float scale, uint32 rows,
                                        uint64 seed) const {
    const Divisor mine = divisor_of(scale);
#pragma unroll
    for (uint32 i = 0; i < Units; ++i) {
      const Divisor by = {__shfl_sync(0xffffffff, mine.value, place(i)),
                          __shfl_sync(0xffffffff, mine.inverse, place(i))};
      if (row(i) < rows)
        *reinterpret_cast<uint2*>(values + row(i) * pitch + unit_column()) =
            quantised(units[i], by, seed, kNoiseOfRows, row(i), unit_column());
    }
  }
};
