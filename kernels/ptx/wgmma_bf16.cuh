// wgmma in BF16: D[64, WGMMA_N] (+)= A[64, 16] * B[WGMMA_N, 16]^T from shared memory, FP32 in registers. What
// ptx/wgmma.cuh says of WGMMA_N, descriptors, fragments and statements holds here too.
#pragma once

#include "ptx/wgmma.cuh"

/// Issues one k16 step; both operands K-major. `accumulate` 0 overwrites D.
__device__ __forceinline__ void wgmma_bf16(float (&d)[WGMMA_N / 2], uint64 descriptor_a, uint64 descriptor_b,
                                           uint32 accumulate) {
  asm volatile(
      "{\n\t"
      ".reg .pred p;\n\t"
      "setp.ne.b32 p, %2, 0;\n\t"
      "wgmma.mma_async.sync.aligned.m64n" WGMMA_TEXT(WGMMA_N) "k16.f32.bf16.bf16 {"
      WGMMA_JOIN(WGMMA_REGISTERS_, WGMMA_N) "}, %0, %1, p, 1, 1, 0, 0;\n\t"
      "}"
      : "+l"(descriptor_a), "+l"(descriptor_b), "+r"(accumulate), WGMMA_JOIN(WGMMA_OPERANDS_, WGMMA_N)(d));
}

#define WGMMA_BF16_STEP(a, b, accumulate)                                                   \
  "wgmma.mma_async.sync.aligned.m64n" WGMMA_TEXT(WGMMA_N) "k16.f32.bf16.bf16 {" WGMMA_JOIN( \
      WGMMA_REGISTERS_, WGMMA_N) "}, " a ", " b ", " accumulate ", 1, 1, 0, 0;\n\t"

/// Issues the four k16 steps of 128 bytes a row, each 32 bytes (2 in the descriptor) on. `accumulate` 0: the
/// first one overwrites D.
__device__ __forceinline__ void wgmma_bf16_row(float (&d)[WGMMA_N / 2], uint64 descriptor_a,
                                               uint64 descriptor_b, uint32 accumulate) {
  asm volatile(
      "{\n\t"
      ".reg .pred first, always;\n\t"
      ".reg .b64 a, b;\n\t"
      "setp.ne.b32 first, %2, 0;\n\t"
      "setp.eq.b32 always, 0, 0;\n\t"
      WGMMA_BF16_STEP("%0", "%1", "first")
      "add.s64 a, %0, 2;\n\t"
      "add.s64 b, %1, 2;\n\t"
      WGMMA_BF16_STEP("a", "b", "always")
      "add.s64 a, %0, 4;\n\t"
      "add.s64 b, %1, 4;\n\t"
      WGMMA_BF16_STEP("a", "b", "always")
      "add.s64 a, %0, 6;\n\t"
      "add.s64 b, %1, 6;\n\t"
      WGMMA_BF16_STEP("a", "b", "always")
      "}"
      : "+l"(descriptor_a), "+l"(descriptor_b), "+r"(accumulate), WGMMA_JOIN(WGMMA_OPERANDS_, WGMMA_N)(d));
}
