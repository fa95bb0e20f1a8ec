// The values of operands: functions of (kind, seed, matrix, row, column) alone, so that any element can be
// made anywhere and a seed names a data set.
#pragma once

#include "common/types.cuh"

/// DataKind of core/names.h, in its order.
enum DataKind : int {
  kNormal = 0,
  kInteger = 1,
  kIntegerUnit = 2,
  kAdversarial = 3,
  kZeros = 4,
  kOneScale = 5,
  kUniform = 6,
  kSparse = 7
};

/// 64 well-mixed bits of a counter (the finaliser of SplitMix64, Steele et al. 2014).
__device__ __forceinline__ uint64 mix(uint64 x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

/// Bits of one element or block; `matrix` is 0 for A, 1 for B and 3 for C.
__device__ __forceinline__ uint64 bits_of(uint64 seed, uint32 matrix, uint64 row, uint64 column) {
  return mix(mix(seed * 2 + matrix) ^ mix((row << 32) ^ column));
}

/// Standard normal by Box and Muller.
__device__ __forceinline__ float normal_value(uint64 bits) {
  const float u = (float(uint32(bits >> 40)) + 0.5f) * (1.0f / (1 << 24));
  const float angle = float(uint32(bits) >> 8) * (6.28318530718f / (1 << 24));
  return __fsqrt_rn(-2.0f * __logf(u)) * __cosf(angle);
}

/// 2^exponent, for exponents of normal numbers.
__device__ __forceinline__ float power_of_two(int exponent) {
  return __int_as_float((exponent + 127) << 23);
}

/// The adversary: by row, zeros, all-positive values, one huge k-block, pairs of k-blocks that cancel, and
/// scales that span 2^+-20 from one k-block to the next. B repeats its even k-blocks in the odd ones, so that
/// A's can cancel.
__device__ __forceinline__ float adversarial_value(uint64 seed, uint32 matrix, uint64 row, uint32 column) {
  const uint32 k_block = column / 128;
  if (matrix == 1) {
    const uint32 even = column - (k_block % 2) * 128;
    return normal_value(bits_of(seed, 1, row, even));
  }
  const float value = normal_value(bits_of(seed, 0, row, column));
  switch (row % 5) {
    case 0:
      return 0;
    case 1:
      return fabsf(value);
    case 2:
      return value * (k_block == uint32(row) % 7 ? power_of_two(20) : 1.0f);
    case 3:
      return k_block % 2 == 0 ? value : -normal_value(bits_of(seed, 0, row, column - 128));
    default:
      return value * power_of_two(int(bits_of(seed, 2, row, k_block) % 41) - 20);
  }
}

/// What is quantised. For the integer kinds this is the E4M3 value itself.
__device__ __forceinline__ float operand_value(int kind, uint64 seed, uint32 matrix, uint64 row,
                                               uint32 column) {
  const uint64 bits = bits_of(seed, matrix, row, column);
  switch (kind) {
    case kInteger:
      return float(int(bits % 9) - 4);
    case kIntegerUnit:
      return float(7 + 2 * int(bits % 4));
    case kAdversarial:
      return adversarial_value(seed, matrix, row, column);
    case kZeros:
      return 0;
    case kUniform:  // in [-1, 1)
      return float(int(bits >> 40) - (1 << 23)) * (1.0f / (1 << 23));
    case kSparse:
      return mix(bits) % 10 < 9 ? 0 : normal_value(bits);
    default:
      return normal_value(bits);
  }
}

/// An element of C. The adversary's sums lie between nothing and 2^20; his C is ordinary.
__device__ __forceinline__ float addend_value(int kind, uint64 seed, uint64 row, uint32 column) {
  return operand_value(kind == kAdversarial ? kNormal : kind, seed, 3, row, column);
}

/// The scale of a block whose largest magnitude is `amax`. `row` is the row (A) or the block of rows (B).
__device__ __forceinline__ float scale_value(int kind, bool powers_of_two, float amax, uint64 seed,
                                             uint32 matrix, uint64 row, uint32 k_block) {
  // Three neighbouring powers of two: sums stay exact in FP32, and a scale of the wrong block is nearly
  // always another.
  if (kind == kInteger) return power_of_two(int(bits_of(seed, 4 + matrix, row, k_block) % 3) - 1);
  if (kind == kIntegerUnit) return 1;
  // One scale for all blocks isolates errors of accumulation; |x| > 5 saturates (6 in 10^7).
  if (kind == kOneScale) return 5.0f / 448;
  const float scale = fmaxf(amax, 1e-4f) / 448;
  if (!powers_of_two) return scale;
  const int bits = __float_as_int(scale);
  return power_of_two((bits >> 23) - 127 + ((bits & 0x7fffff) != 0));
}
