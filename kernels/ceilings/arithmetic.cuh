// The FP32 units, and a kernel that does nothing.
#pragma once

#include "common/defect.cuh"
#include "common/types.cuh"

enum : uint32 { kChains = 16, kFmaThreads = 512, kFmasOfStep = 16 };

/// `steps` times kFmasOfStep fused multiply-adds in each of kChains independent chains a thread: x = x * a +
/// b. `operands` has one value a thread; each thread leaves the sum of its chains in `results`, so that
/// nothing can be left out. With operands of 1 and `a` 1 that is 16 * 16 * steps.
extern "C" __global__ void __launch_bounds__(kFmaThreads)
    fma_fp32(float* results, const float* operands, uint32 steps, float a) {
  const uint32 thread = blockIdx.x * kFmaThreads + threadIdx.x;
  const float b = operands[thread];
  float x[kChains];
#pragma unroll
  for (uint32 chain = 0; chain < kChains; ++chain) x[chain] = 0;
  if constexpr (DEFECT == kHalfMultiplied) steps /= 2;
  for (uint32 step = 0; step < steps; ++step)
#pragma unroll
    for (uint32 i = 0; i < kFmasOfStep; ++i)
#pragma unroll
      for (uint32 chain = 0; chain < kChains; ++chain) x[chain] = x[chain] * a + b;
  float sum = 0;
#pragma unroll
  for (uint32 chain = 0; chain < kChains; ++chain) sum += x[chain];
  results[thread] = sum;
}

extern "C" __global__ void empty_kernel() {}
