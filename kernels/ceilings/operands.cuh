// Random data for the ceilings: what is multiplied or moved decides the power it takes, zeros least.
#pragma once

#include "support/e4m3.cuh"
#include "support/values.cuh"

/// Elements of the operands, in the order of OperandKind of src/worker/ceilings/kernels.h.
enum OperandKind : int { kE4m3 = 0, kBf16 = 1, kFloat = 2, kBits = 3 };

/// Where a row's largest magnitude lies with 128 normal values: what block scaling divides by.
enum : int { kLargestOf128 = 3 };

/// The 32-bit word that holds four, two or one normal values, scaled as a quantised block is for E4M3; or
/// random bits. With `ones` every element is 1, so that sums of products are known.
__device__ __forceinline__ uint32 operand_word(int kind, uint64 seed, uint64 i, bool ones) {
  const auto x = [&](uint32 lane) { return ones ? 1.0f : normal_value(mix(mix(seed) ^ (i * 4 + lane))); };
  const float scale = ones ? 1.0f : 448.0f / kLargestOf128;
  switch (kind) {
    case kE4m3:
      return to_e4m3x4(x(0) * scale, x(1) * scale, x(2) * scale, x(3) * scale);
    case kBf16:
      return float_to_bf16(x(0)) | uint32(float_to_bf16(x(1))) << 16;
    case kFloat:
      return __float_as_uint(x(0));
    default:
      return uint32(mix(mix(seed) ^ i));
  }
}

/// Fills a buffer. Grid-stride.
extern "C" __global__ void fill(uint32* words, uint64 count, int kind, uint64 seed, int ones) {
  for (uint64 i = uint64(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += uint64(gridDim.x) * blockDim.x)
    words[i] = operand_word(kind, seed, i, ones != 0);
}
