// wgmma: D[64, WGMMA_N] (+)= A[64, 128] * B[WGMMA_N, 128]^T, E4M3 from shared memory, FP32 in registers.
// The width is part of the instruction and of its operand list, so the includer defines WGMMA_N (8 to 256,
// step 8) before.
#pragma once

#include "common/types.cuh"

#ifndef WGMMA_N
#error "define WGMMA_N, the width of the instruction, before including ptx/wgmma.cuh"
#endif

/// Low word of the descriptor of a K-major tile with 128-byte rows and 128-byte swizzle, 1024-byte aligned:
/// bits 0-13 address / 16, 16-29 leading offset (unused here, 1). From one place of a tile to another it
/// grows by a sixteenth of the bytes between them.
__device__ __forceinline__ uint32 wgmma_descriptor_low(uint32 shared_address) {
  return (1u << 16) | ((shared_address & 0x3FFFF) >> 4);
}

/// The whole: bits 32-45 distance of 8-row groups / 16 = 64, 62-63 layout 1 = 128B swizzle.
__device__ __forceinline__ uint64 wgmma_descriptor(uint32 low) {
  enum : uint32 { kHigh = (1u << 30) | 64u };
  return (uint64(kHigh) << 32) | low;
}

/// Orders earlier register and shared-memory accesses of the warpgroup before the wgmmas that follow.
__device__ __forceinline__ void wgmma_fence() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void wgmma_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// Until all but the last `Pending` groups are complete.
template <int Pending>
__device__ __forceinline__ void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}

/// Keeps the compiler from moving accesses to an accumulator across this point: it does not know that wgmma
/// writes registers after the instruction has been issued.
__device__ __forceinline__ void wgmma_pin(float& accumulator) {
  asm volatile("" : "+f"(accumulator)::"memory");
}

// Operand lists. %0 and %1 are the descriptors and %2 the flag (in-out only so that they come first, whatever
// the number of accumulators); the accumulators follow, four more for every eight columns.
#define WGMMA_REGISTERS_8 "%3, %4, %5, %6"
#define WGMMA_REGISTERS_16 WGMMA_REGISTERS_8 ", %7, %8, %9, %10"
#define WGMMA_REGISTERS_24 WGMMA_REGISTERS_16 ", %11, %12, %13, %14"
#define WGMMA_REGISTERS_32 WGMMA_REGISTERS_24 ", %15, %16, %17, %18"
#define WGMMA_REGISTERS_40 WGMMA_REGISTERS_32 ", %19, %20, %21, %22"
#define WGMMA_REGISTERS_48 WGMMA_REGISTERS_40 ", %23, %24, %25, %26"
#define WGMMA_REGISTERS_56 WGMMA_REGISTERS_48 ", %27, %28, %29, %30"
#define WGMMA_REGISTERS_64 WGMMA_REGISTERS_56 ", %31, %32, %33, %34"
#define WGMMA_REGISTERS_72 WGMMA_REGISTERS_64 ", %35, %36, %37, %38"
#define WGMMA_REGISTERS_80 WGMMA_REGISTERS_72 ", %39, %40, %41, %42"
#define WGMMA_REGISTERS_88 WGMMA_REGISTERS_80 ", %43, %44, %45, %46"
#define WGMMA_REGISTERS_96 WGMMA_REGISTERS_88 ", %47, %48, %49, %50"
#define WGMMA_REGISTERS_104 WGMMA_REGISTERS_96 ", %51, %52, %53, %54"
#define WGMMA_REGISTERS_112 WGMMA_REGISTERS_104 ", %55, %56, %57, %58"
#define WGMMA_REGISTERS_120 WGMMA_REGISTERS_112 ", %59, %60, %61, %62"
#define WGMMA_REGISTERS_128 WGMMA_REGISTERS_120 ", %63, %64, %65, %66"
#define WGMMA_REGISTERS_136 WGMMA_REGISTERS_128 ", %67, %68, %69, %70"
#define WGMMA_REGISTERS_144 WGMMA_REGISTERS_136 ", %71, %72, %73, %74"
#define WGMMA_REGISTERS_152 WGMMA_REGISTERS_144 ", %75, %76, %77, %78"
#define WGMMA_REGISTERS_160 WGMMA_REGISTERS_152 ", %79, %80, %81, %82"
#define WGMMA_REGISTERS_168 WGMMA_REGISTERS_160 ", %83, %84, %85, %86"
#define WGMMA_REGISTERS_176 WGMMA_REGISTERS_168 ", %87, %88, %89, %90"
#define WGMMA_REGISTERS_184 WGMMA_REGISTERS_176 ", %91, %92, %93, %94"
#define WGMMA_REGISTERS_192 WGMMA_REGISTERS_184 ", %95, %96, %97, %98"
#define WGMMA_REGISTERS_200 WGMMA_REGISTERS_192 ", %99, %100, %101, %102"
#define WGMMA_REGISTERS_208 WGMMA_REGISTERS_200 ", %103, %104, %105, %106"
#define WGMMA_REGISTERS_216 WGMMA_REGISTERS_208 ", %107, %108, %109, %110"
#define WGMMA_REGISTERS_224 WGMMA_REGISTERS_216 ", %111, %112, %113, %114"
#define WGMMA_REGISTERS_232 WGMMA_REGISTERS_224 ", %115, %116, %117, %118"
#define WGMMA_REGISTERS_240 WGMMA_REGISTERS_232 ", %119, %120, %121, %122"
#define WGMMA_REGISTERS_248 WGMMA_REGISTERS_240 ", %123, %124, %125, %126"
#define WGMMA_REGISTERS_256 WGMMA_REGISTERS_248 ", %127, %128, %129, %130"
#define WGMMA_OPERANDS_8(d) "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
#define WGMMA_OPERANDS_16(d) WGMMA_OPERANDS_8(d), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7])
#define WGMMA_OPERANDS_24(d) WGMMA_OPERANDS_16(d), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11])
#define WGMMA_OPERANDS_32(d) WGMMA_OPERANDS_24(d), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15])
#define WGMMA_OPERANDS_40(d) WGMMA_OPERANDS_32(d), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19])
#define WGMMA_OPERANDS_48(d) WGMMA_OPERANDS_40(d), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23])
#define WGMMA_OPERANDS_56(d) WGMMA_OPERANDS_48(d), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27])
#define WGMMA_OPERANDS_64(d) WGMMA_OPERANDS_56(d), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
#define WGMMA_OPERANDS_72(d) WGMMA_OPERANDS_64(d), "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35])
#define WGMMA_OPERANDS_80(d) WGMMA_OPERANDS_72(d), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39])
#define WGMMA_OPERANDS_88(d) WGMMA_OPERANDS_80(d), "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43])
#define WGMMA_OPERANDS_96(d) WGMMA_OPERANDS_88(d), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47])
#define WGMMA_OPERANDS_104(d) WGMMA_OPERANDS_96(d), "+f"(d[48]), "+f"(d[49]), "+f"(d[50]), "+f"(d[51])
#define WGMMA_OPERANDS_112(d) WGMMA_OPERANDS_104(d), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55])
#define WGMMA_OPERANDS_120(d) WGMMA_OPERANDS_112(d), "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59])
#define WGMMA_OPERANDS_128(d) WGMMA_OPERANDS_120(d), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63])
#define WGMMA_OPERANDS_136(d) WGMMA_OPERANDS_128(d), "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67])
#define WGMMA_OPERANDS_144(d) WGMMA_OPERANDS_136(d), "+f"(d[68]), "+f"(d[69]), "+f"(d[70]), "+f"(d[71])
#define WGMMA_OPERANDS_152(d) WGMMA_OPERANDS_144(d), "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75])
#define WGMMA_OPERANDS_160(d) WGMMA_OPERANDS_152(d), "+f"(d[76]), "+f"(d[77]), "+f"(d[78]), "+f"(d[79])
#define WGMMA_OPERANDS_168(d) WGMMA_OPERANDS_160(d), "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83])
#define WGMMA_OPERANDS_176(d) WGMMA_OPERANDS_168(d), "+f"(d[84]), "+f"(d[85]), "+f"(d[86]), "+f"(d[87])
#define WGMMA_OPERANDS_184(d) WGMMA_OPERANDS_176(d), "+f"(d[88]), "+f"(d[89]), "+f"(d[90]), "+f"(d[91])
#define WGMMA_OPERANDS_192(d) WGMMA_OPERANDS_184(d), "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95])
#define WGMMA_OPERANDS_200(d) WGMMA_OPERANDS_192(d), "+f"(d[96]), "+f"(d[97]), "+f"(d[98]), "+f"(d[99])
#define WGMMA_OPERANDS_208(d) WGMMA_OPERANDS_200(d), "+f"(d[100]), "+f"(d[101]), "+f"(d[102]), "+f"(d[103])
#define WGMMA_OPERANDS_216(d) WGMMA_OPERANDS_208(d), "+f"(d[104]), "+f"(d[105]), "+f"(d[106]), "+f"(d[107])
#define WGMMA_OPERANDS_224(d) WGMMA_OPERANDS_216(d), "+f"(d[108]), "+f"(d[109]), "+f"(d[110]), "+f"(d[111])
#define WGMMA_OPERANDS_232(d) WGMMA_OPERANDS_224(d), "+f"(d[112]), "+f"(d[113]), "+f"(d[114]), "+f"(d[115])
#define WGMMA_OPERANDS_240(d) WGMMA_OPERANDS_232(d), "+f"(d[116]), "+f"(d[117]), "+f"(d[118]), "+f"(d[119])
#define WGMMA_OPERANDS_248(d) WGMMA_OPERANDS_240(d), "+f"(d[120]), "+f"(d[121]), "+f"(d[122]), "+f"(d[123])
#define WGMMA_OPERANDS_256(d) WGMMA_OPERANDS_248(d), "+f"(d[124]), "+f"(d[125]), "+f"(d[126]), "+f"(d[127])

#define WGMMA_JOIN_(a, b) a##b
#define WGMMA_JOIN(a, b) WGMMA_JOIN_(a, b)
#define WGMMA_TEXT_(a) #a
#define WGMMA_TEXT(a) WGMMA_TEXT_(a)

// One k32 step, of descriptors and a predicate by their names in the statement.
#define WGMMA_E4M3_STEP(a, b, accumulate)                                                   \
  "wgmma.mma_async.sync.aligned.m64n" WGMMA_TEXT(WGMMA_N) "k32.f32.e4m3.e4m3 {" WGMMA_JOIN( \
      WGMMA_REGISTERS_, WGMMA_N) "}, " a ", " b ", " accumulate ", 1, 1;\n\t"

/// Issues the four k32 steps of 128 bytes a row, each 32 bytes (2 in the descriptor) on. `accumulate` 0: the
/// first one overwrites D. The fragment: thread t of warp w holds, for columns 8i..8i+7, row 16w + t/4
/// (d[4i], d[4i+1]) and row 16w + t/4 + 8 (d[4i+2], d[4i+3]), columns 8i + 2(t%4) + {0, 1}. NOTES: one
/// statement although it is four instructions. In one each, the compiler handled every accumulator four
/// times, which was a tenth of the time that a large tile takes to compile.
__device__ __forceinline__ void wgmma_e4m3(float (&d)[WGMMA_N / 2], uint64 descriptor_a, uint64 descriptor_b,
                                           uint32 accumulate) {
  asm volatile(
      "{\n\t"
      ".reg .pred first, always;\n\t"
      ".reg .b64 a, b;\n\t"
      "setp.ne.b32 first, %2, 0;\n\t"
      "setp.eq.b32 always, 0, 0;\n\t"
      WGMMA_E4M3_STEP("%0", "%1", "first")
      "add.s64 a, %0, 2;\n\t"
      "add.s64 b, %1, 2;\n\t"
      WGMMA_E4M3_STEP("a", "b", "always")
      "add.s64 a, %0, 4;\n\t"
      "add.s64 b, %1, 4;\n\t"
      WGMMA_E4M3_STEP("a", "b", "always")
      "add.s64 a, %0, 6;\n\t"
      "add.s64 b, %1, 6;\n\t"
      WGMMA_E4M3_STEP("a", "b", "always")
      "}"
      : "+l"(descriptor_a), "+l"(descriptor_b), "+r"(accumulate), WGMMA_JOIN(WGMMA_OPERANDS_, WGMMA_N)(d));
}
