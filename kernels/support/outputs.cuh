// The two types of D, for who makes C and who judges D.
#pragma once

#include "support/e4m3.cuh"

struct Bf16Output {
  typedef uint16 Bits;
  __device__ static Bits rounded(double value) { return float_to_bf16(float(value)); }
  __device__ static float value(Bits bits) { return bf16_to_float(bits); }
  /// What rounding alone may cost: half a unit in the last place at `value` (8 significand bits; subnormals
  /// share the smallest exponent).
  __device__ static double rounding(double value) {
    const int64 bits = __double_as_longlong(value);
    int exponent = int((bits >> 52) & 0x7ff) - 1023;
    if (exponent < -126) exponent = -126;
    return __longlong_as_double(int64(exponent - 8 + 1023) << 52);
  }
};

struct Fp32Output {
  typedef uint32 Bits;
  __device__ static Bits rounded(double value) { return __float_as_uint(float(value)); }
  __device__ static float value(Bits bits) { return __uint_as_float(bits); }
  /// Nothing beside the errors of FP8 products.
  __device__ static double rounding(double) { return 0; }
};
