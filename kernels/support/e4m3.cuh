// E4M3 and the other narrow formats, to and from FP32.
#pragma once

#include "common/types.cuh"

/// Four FP32 values to E4M3, nearest even, saturating at 448; the first in the lowest byte.
__device__ __forceinline__ uint32 to_e4m3x4(float x0, float x1, float x2, float x3) {
  uint16 low, high;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(low) : "f"(x1), "f"(x0));
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(high) : "f"(x3), "f"(x2));
  return uint32(low) | uint32(high) << 16;
}

__device__ __forceinline__ float from_half_bits(uint16 bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
}

/// Four E4M3 bytes to FP32, exactly.
__device__ __forceinline__ void from_e4m3x4(uint32 bytes, float (&x)[4]) {
  uint32 low, high;
  asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(low) : "h"(uint16(bytes)));
  asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(high) : "h"(uint16(bytes >> 16)));
  x[0] = from_half_bits(uint16(low));
  x[1] = from_half_bits(uint16(low >> 16));
  x[2] = from_half_bits(uint16(high));
  x[3] = from_half_bits(uint16(high >> 16));
}

__device__ __forceinline__ float bf16_to_float(uint16 bits) {
  return __uint_as_float(uint32(bits) << 16);
}

/// Nearest even.
__device__ __forceinline__ uint16 float_to_bf16(float value) {
  uint16 bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}
