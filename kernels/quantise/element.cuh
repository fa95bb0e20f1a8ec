// What the quantisers do with elements: loads, largest magnitudes, scales, division, rounding to E4M3.
//
// INPUT_BYTES 2: BF16, 4: FP32. POWERS_OF_TWO 1: scales are such (UE8M0), stored as FP32 all the same.
// STOCHASTIC 1: rounded up as often as a value is near to what lies above.
#pragma once

#include "quantise/defect.cuh"
#include "support/e4m3.cuh"
#include "support/values.cuh"

static_assert(INPUT_BYTES == 2 || INPUT_BYTES == 4, "BF16 or FP32");

enum : uint32 {
  kGroup = 128,        ///< elements under one scale, of a row or of a column
  kUnit = 8,           ///< neighbouring elements that a lane takes at a time
  kLanesOfGroup = 16,  ///< half a warp takes a group
  kThreads = 256,
  kWarps = kThreads / 32
};

/// Streams of noise, as src/accuracy names them: what lies as it lay, and what is transposed or in blocks.
enum : uint32 { kNoiseOfRows = 16, kNoiseOfColumns = 17 };

// ---- Loading ----

/// Eight elements as they came.
struct Unit {
  uint4 words[INPUT_BYTES / 2];
};

__device__ __forceinline__ uint32 word_of(const uint4& words, uint32 i) {
  return i == 0 ? words.x : i == 1 ? words.y : i == 2 ? words.z : words.w;
}

__device__ __forceinline__ float value_of(const Unit& unit, uint32 i) {
  if constexpr (INPUT_BYTES == 4)
    return __uint_as_float(word_of(unit.words[i / 4 % (INPUT_BYTES / 2)], i % 4));
  const uint32 pair = word_of(unit.words[0], i / 2 % 4);
  return __uint_as_float(i % 2 == 0 ? pair << 16 : pair & 0xffff0000u);
}

/// The tensor that is quantised: rows of `pitch` elements, of which the units are 16-byte aligned.
struct Input {
  const uint4* from;
  uint64 pitch;
  uint32 rows;

  /// Zeros past the last row.
  __device__ __forceinline__ Unit unit(uint32 row, uint32 column) const {
    Unit unit = {};
    if (row < rows) {
      const uint4* const at = from + (row * pitch + column) * INPUT_BYTES / 16;
#pragma unroll
      for (uint32 i = 0; i < INPUT_BYTES / 2; ++i) unit.words[i] = at[i];
    }
    return unit;
  }
};

/// NaN counts for nothing here: fmaxf takes the other.
__device__ __forceinline__ float largest_of(const Unit& unit) {
  float largest = 0;
#pragma unroll
  for (uint32 i = 0; i < kUnit; ++i) largest = fmaxf(largest, fabsf(value_of(unit, i)));
  return largest;
}

/// Over the lanes whose numbers differ below `lanes`.
__device__ __forceinline__ float max_over_lanes(float value, uint32 lanes) {
  for (uint32 step = lanes / 2; step > 0; step /= 2)
    value = fmaxf(value, __shfl_xor_sync(0xffffffff, value, step));
  return value;
}

// ---- Scales ----

/// What elements are divided by.
struct alignas(8) Divisor {
  float value;    ///< 0 where that is infinite, so that no product with it is NaN
  float inverse;  ///< rounded
};

/// The scale of elements whose largest magnitude is `amax`: as the operands of tests and sweeps have it.
__device__ __forceinline__ float scale_of(float amax) {
  return scale_value(kNormal, POWERS_OF_TWO, amax, 0, 0, 0, 0);
}

__device__ __forceinline__ Divisor divisor_of(float scale) {
  return {INPUT_BYTES == 2 && scale > 3.4e38f ? 0.0f : scale, 1.0f / scale};
}

/// x / scale, rounded to FP32 once. By a power of two a product is the same. A BF16 x takes a product and its
/// remainder, 3 operations instead of 9: for every x and amax in BF16 whose quotient is 2^-64 or more that
/// gives each bit of the division, which tests/unit/kernels goes through; what is less becomes zero.
__device__ __forceinline__ float quotient(float x, const Divisor& by) {
  if constexpr (POWERS_OF_TWO) return x * by.inverse;
  if constexpr (INPUT_BYTES == 4) return x / by.value;
  const float near = x * by.inverse;
  return fmaf(-fmaf(near, by.value, -x), by.inverse, near);
}

// ---- Rounding ----

/// Noise for four neighbours in a row of what is written, 16 bits each; `column` is a multiple of 4.
__device__ __forceinline__ uint64 noise_of_four(uint64 seed, uint32 stream, uint32 row, uint32 column) {
  if constexpr (!STOCHASTIC) return 0;
  return bits_of(seed, stream, DEFECT == kSameNoiseEverywhere ? 0 : row, column / 4);
}

/// E4M3 of x, rounded up where noise of 16 bits carries.
__device__ __forceinline__ uint32 to_e4m3_stochastic(float x, uint32 noise) {
  const uint32 bits = __float_as_uint(x), magnitude = bits & 0x7fffffff;
  // E4M3 keeps 3 of 23 fraction bits, and its bias is 7 where FP32's is 127. Below 2^-6 the step is 2^-9.
  if (magnitude > 0x7f800000) return 0x7f;
  const uint32 e4m3 = magnitude < (121u << 23)
                          ? (uint32(fabsf(x) * (1 << 25)) + noise) >> 16
                          : min_of(((magnitude + (noise << 4)) >> 20) - (120 << 3), 0x7e);
  return e4m3 | (bits >> 24 & 0x80);
}

/// Towards zero: the planted defect.
__device__ __forceinline__ uint32 to_e4m3_down(float x) {
  return to_e4m3_stochastic(x, 0);
}

__device__ __forceinline__ uint32 to_e4m3_four(float x0, float x1, float x2, float x3, uint64 noise) {
  if constexpr (DEFECT == kRoundedDown)
    return to_e4m3_down(x0) | to_e4m3_down(x1) << 8 | to_e4m3_down(x2) << 16 | to_e4m3_down(x3) << 24;
  if constexpr (!STOCHASTIC) return to_e4m3x4(x0, x1, x2, x3);
  const uint32 low = uint32(noise), high = uint32(noise >> 32);
  return to_e4m3_stochastic(x0, low & 0xffff) | to_e4m3_stochastic(x1, low >> 16) << 8 |
         to_e4m3_stochastic(x2, high & 0xffff) << 16 | to_e4m3_stochastic(x3, high >> 16) << 24;
}

/// A unit in a row of what is written; `row` and `column` are those of its first element.
__device__ __forceinline__ uint2 quantised(const Unit& unit, const Divisor& by, uint64 seed, uint32 stream,
                                           uint32 row, uint32 column) {
  float x[kUnit];
#pragma unroll
  for (uint32 i = 0; i < kUnit; ++i) x[i] = quotient(value_of(unit, i), by);
  return {to_e4m3_four(x[0], x[1], x[2], x[3], noise_of_four(seed, stream, row, column)),
          to_e4m3_four(x[4], x[5], x[6], x[7], noise_of_four(seed, stream, row, column + 4))};
}
