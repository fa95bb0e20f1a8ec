// How a factor of a product is read back: four neighbouring values, dequantised, exact in FP64 (4 + 24 bits).
#pragma once

#include "support/e4m3.cuh"

/// A factor as it lies in memory: rows x k, `pitch` elements from row to row.
struct StoredFactor {
  const void* values;
  const float* scales;
  uint32 rows;
  uint32 padded_rows;  ///< of scales by row
  uint32 k;
  uint64 pitch;

  /// E4M3 without its scale. K and `column` are multiples of 4.
  __device__ __forceinline__ void four_e4m3(float (&x)[4], uint32 row, uint32 column) const {
    from_e4m3x4(static_cast<const uint32*>(values)[(row * pitch + column) / 4], x);
  }

  /// Those of `x` times `scale`; zeros past K.
  __device__ __forceinline__ void scaled(double (&value)[4], uint32 row, uint32 column, float scale) const {
    float x[4];
    four_e4m3(x, row, column);
    for (int i = 0; i < 4; ++i) value[i] = double(x[i]) * scale;
  }

  __device__ __forceinline__ static void zeros(double (&value)[4]) {
    for (int i = 0; i < 4; ++i) value[i] = 0;
  }
};

/// Scales [k/128][padded_rows].
struct ReadE4m3Row128 : StoredFactor {
  __device__ __forceinline__ void four(double (&value)[4], uint32 row, uint32 column, uint32 k_end) const {
    if (row >= rows || column >= k_end) return zeros(value);
    scaled(value, row, column, scales[uint64(column / 128) * padded_rows + row]);
  }
};

/// Scales [ceil(rows/128)][k/128].
struct ReadE4m3Block128 : StoredFactor {
  __device__ __forceinline__ void four(double (&value)[4], uint32 row, uint32 column, uint32 k_end) const {
    if (row >= rows || column >= k_end) return zeros(value);
    scaled(value, row, column, scales[uint64(row / 128) * (k / 128) + column / 128]);
  }
};

/// One scale.
struct ReadE4m3Tensor : StoredFactor {
  __device__ __forceinline__ void four(double (&value)[4], uint32 row, uint32 column, uint32 k_end) const {
    if (row >= rows || column >= k_end) return zeros(value);
    scaled(value, row, column, *scales);
  }
};

/// No scale; K is any number.
struct ReadBf16 : StoredFactor {
  __device__ __forceinline__ void four(double (&value)[4], uint32 row, uint32 column, uint32 k_end) const {
    zeros(value);
    if (row >= rows) return;
    for (uint32 i = 0; i < 4 && column + i < k_end; ++i)
      value[i] = bf16_to_float(static_cast<const uint16*>(values)[row * pitch + column + i]);
  }
};
