// Figures of an output against the reference; the gates that use them are in src/worker/gemm/verdict.cpp.
#pragma once

#include "support/outputs.cuh"

/// Zeroed before a judgement. Sums are over all elements that are numbers.
struct Judgement {
  double excess_squared;     ///< sum of max(0, |D - ref| - rounding)^2: the error beyond the output's own
  double reference_squared;  ///< sum of ref^2
  uint32 largest_excess;     ///< bits of the FP32 maximum of excess / sum|a*b|; non-negative floats order as
                             ///< their bits
  uint32 unequal;            ///< elements that are not the correctly rounded reference
  uint32 not_numbers;        ///< NaN or infinite: never written, or spoiled
  uint32 first_bad_row;  ///< of one element that is not a number, or whose excess is large; for the message
  uint32 first_bad_column;
  uint32 padding;
};

__device__ __forceinline__ double warp_sum(double value) {
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(0xffffffff, value, offset);
  return value;
}

/// `count` elements of D, `columns` a row and `pitch` from row to row; the reference has no gaps.
/// Grid-stride.
template <typename Output>
__device__ __forceinline__ void judge(Judgement* judgement, const typename Output::Bits* d,
                                      const double* reference, const float* magnitude, uint64 count,
                                      uint32 columns, uint64 pitch) {
  double excess_squared = 0, reference_squared = 0;
  float largest = 0;
  uint32 unequal = 0, not_numbers = 0;
  for (uint64 i = uint64(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += uint64(gridDim.x) * blockDim.x) {
    const uint64 row = i / columns;
    const uint32 column = uint32(i % columns);
    const double expected = reference[i];
    const typename Output::Bits bits = d[row * pitch + column];
    const float found = Output::value(bits);
    unequal += bits != Output::rounded(expected) && !(expected == 0 && found == 0);
    reference_squared += expected * expected;
    if ((__float_as_uint(found) & 0x7f800000) == 0x7f800000) {
      ++not_numbers;
      judgement->first_bad_row = uint32(row), judgement->first_bad_column = column;
      continue;
    }
    const double excess = fabs(double(found) - expected) - Output::rounding(expected);
    if (excess <= 0) continue;
    excess_squared += excess * excess;
    // A sum of |a*b| that is zero leaves no room for any error.
    const float relative = magnitude[i] > 0 ? float(excess / magnitude[i]) : 1e30f;
    if (relative > 0.01f) judgement->first_bad_row = uint32(row), judgement->first_bad_column = column;
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

extern "C" __global__ void judge_bf16(Judgement* judgement, const uint16* d, const double* reference,
                                      const float* magnitude, uint64 count, uint32 columns, uint64 pitch) {
  judge<Bf16Output>(judgement, d, reference, magnitude, count, columns, pitch);
}

extern "C" __global__ void judge_fp32(Judgement* judgement, const uint32* d, const double* reference,
                                      const float* magnitude, uint64 count, uint32 columns, uint64 pitch) {
  judge<Fp32Output>(judgement, d, reference, magnitude, count, columns, pitch);
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

/// Counts 16-byte units between the rows of `d`, from the end of one to the start of the next, that are no
/// longer poison. Grid-stride.
extern "C" __global__ void count_gap_writes(uint32* count, const uint4* d, uint64 rows, uint64 row_units,
                                            uint64 pitch_units) {
  const uint64 gap_units = pitch_units - row_units;
  uint32 mine = 0;
  for (uint64 i = uint64(blockIdx.x) * blockDim.x + threadIdx.x; i < rows * gap_units;
       i += uint64(gridDim.x) * blockDim.x) {
    const uint4 found = d[i / gap_units * pitch_units + row_units + i % gap_units];
    mine += found.x != ~0u || found.y != ~0u || found.z != ~0u || found.w != ~0u;
  }
  if (mine != 0) atomicAdd(count, mine);
}
