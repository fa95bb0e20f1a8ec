// Figures of an output against the reference; the gates that use them are in src/worker/gemm/verdict.cpp.
#pragma once

#include "support/e4m3.cuh"

/// Zeroed before a judgement. Sums are over all elements that are numbers.
struct Judgement {
  double excess_squared;  ///< sum of max(0, |D - ref| - ulp(ref)/2)^2: the error beyond the output's rounding
  double reference_squared;  ///< sum of ref^2
  uint32 largest_excess;     ///< bits of the FP32 maximum of excess / sum|a*b|; non-negative floats order as
                             ///< their bits
  uint32 unequal;            ///< elements that are not the correctly rounded reference
  uint32 not_numbers;        ///< NaN or infinite: never written, or spoiled
  uint32 first_bad_row;  ///< of one element that is not a number, or whose excess is large; for the message
  uint32 first_bad_column;
  uint32 padding;
};

/// Half a unit in the last place of BF16 at `value` (8 significand bits; subnormals share the smallest
/// exponent).
__device__ __forceinline__ double half_ulp_bf16(double value) {
  const int64 bits = __double_as_longlong(value);
  int exponent = int((bits >> 52) & 0x7ff) - 1023;
  if (exponent < -126) exponent = -126;
  return __longlong_as_double(int64(exponent - 8 + 1023) << 52);
}

__device__ __forceinline__ double warp_sum(double value) {
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(0xffffffff, value, offset);
  return value;
}

/// BF16 output of `count` elements, `columns` a row. Grid-stride.
extern "C" __global__ void judge_bf16(Judgement* judgement, const uint16* d, const double* reference,
                                      const float* magnitude, uint64 count, uint32 columns) {
  double excess_squared = 0, reference_squared = 0;
  float largest = 0;
  uint32 unequal = 0, not_numbers = 0;
  for (uint64 i = uint64(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += uint64(gridDim.x) * blockDim.x) {
    const double expected = reference[i];
    const uint16 bits = d[i];
    unequal += bits != float_to_bf16(float(expected)) && !(expected == 0 && (bits & 0x7fff) == 0);
    reference_squared += expected * expected;
    if ((bits & 0x7f80) == 0x7f80) {
      ++not_numbers;
      judgement->first_bad_row = uint32(i / columns), judgement->first_bad_column = uint32(i % columns);
      continue;
    }
    const double excess = fabs(double(bf16_to_float(bits)) - expected) - half_ulp_bf16(expected);
    if (excess <= 0) continue;
    excess_squared += excess * excess;
    // A sum of |a*b| that is zero leaves no room for any error.
    const float relative = magnitude[i] > 0 ? float(excess / magnitude[i]) : 1e30f;
    if (relative > 0.01f)
      judgement->first_bad_row = uint32(i / columns), judgement->first_bad_column = uint32(i % columns);
    largest = fmaxf(largest, relative);
  }
  excess_squared = warp_sum(excess_squared);
  reference_squared = warp_sum(reference_squared);
  if (threadIdx.x % 32 == 0) {
    atomicAdd(&judgement->excess_squared, excess_squared);
    atomicAdd(&judgement->reference_squared, reference_squared);
  }
  atomicMax(&judgement->largest_excess, __float_as_uint(largest));
  if (unequal != 0) atomicAdd(&judgement->unequal, unequal);
  if (not_numbers != 0) atomicAdd(&judgement->not_numbers, not_numbers);
}

/// Counts 16-byte units of `x` that differ from `y`; where `y` is null, from all-ones (the poison).
/// Grid-stride.
extern "C" __global__ void count_unequal(uint32* count, const uint4* x, const uint4* y, uint64 units) {
  uint32 mine = 0;
  for (uint64 i = uint64(blockIdx.x) * blockDim.x + threadIdx.x; i < units;
       i += uint64(gridDim.x) * blockDim.x) {
    const uint4 expected = y == nullptr ? uint4{~0u, ~0u, ~0u, ~0u} : y[i];
    const uint4 found = x[i];
    mine += found.x != expected.x || found.y != expected.y || found.z != expected.z || found.w != expected.w;
  }
  if (mine != 0) atomicAdd(count, mine);
}
