// Loads, stores and conversions that the compiler would not choose by itself.
#pragma once

#include "common/types.cuh"

/// Shared-memory address in the 32-bit shared::cta window, as the asynchronous instructions take it.
__device__ __forceinline__ uint32 shared_address(const void* pointer) {
  return static_cast<uint32>(__cvta_generic_to_shared(pointer));
}

/// Global load through the read-only path.
__device__ __forceinline__ float load_global_readonly(const float* pointer) {
  float value;
  asm("ld.global.nc.f32 %0, [%1];" : "=f"(value) : "l"(pointer));
  return value;
}

__device__ __forceinline__ float load_shared(uint32 address) {
  float value;
  asm volatile("ld.shared.f32 %0, [%1];" : "=f"(value) : "r"(address));
  return value;
}

__device__ __forceinline__ float2 load_shared_pair(uint32 address) {
  float2 value;
  asm volatile("ld.shared.v2.f32 {%0, %1}, [%2];" : "=f"(value.x), "=f"(value.y) : "r"(address));
  return value;
}

__device__ __forceinline__ float4 load_shared_4(uint32 address) {
  float4 value;
  asm volatile("ld.shared.v4.f32 {%0, %1, %2, %3}, [%4];"
               : "=f"(value.x), "=f"(value.y), "=f"(value.z), "=f"(value.w)
               : "r"(address));
  return value;
}

/// 16 bytes; both addresses are multiples of that.
__device__ __forceinline__ void store_global_unit(void* pointer, uint4 value) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(pointer), "r"(value.x), "r"(value.y),
               "r"(value.z), "r"(value.w)
               : "memory");
}

__device__ __forceinline__ uint32 load_shared_word(uint32 address) {
  uint32 value;
  asm volatile("ld.shared.u32 %0, [%1];" : "=r"(value) : "r"(address) : "memory");
  return value;
}

__device__ __forceinline__ void store_shared_word(uint32 address, uint32 value) {
  asm volatile("st.shared.u32 [%0], %1;" ::"r"(address), "r"(value) : "memory");
}

__device__ __forceinline__ void store_shared_unit(uint32 address, uint4 value) {
  asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(value.x), "r"(value.y),
               "r"(value.z), "r"(value.w)
               : "memory");
}

__device__ __forceinline__ uint4 load_shared_unit(uint32 address) {
  uint4 value;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "r"(address)
               : "memory");
  return value;
}

__device__ __forceinline__ void store_shared(uint32 address, float value) {
  asm volatile("st.shared.f32 [%0], %1;" ::"r"(address), "f"(value) : "memory");
}

__device__ __forceinline__ void store_shared_pair(uint32 address, float x, float y) {
  asm volatile("st.shared.v2.f32 [%0], {%1, %2};" ::"r"(address), "f"(x), "f"(y) : "memory");
}

/// The two values of pack_bf16.
__device__ __forceinline__ float2 unpack_bf16(uint32 packed) {
  return {__uint_as_float(packed << 16), __uint_as_float(packed & 0xffff0000)};
}

/// Two FP32 values rounded to nearest even; `low` in the lower half, as column order wants it.
__device__ __forceinline__ uint32 pack_bf16(float low, float high) {
  uint32 packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

/// Stores two 8x8 matrices of 16-bit elements; lanes 0-15 give the row addresses, 8 a matrix.
__device__ __forceinline__ void store_matrices_2(uint32 row_address, uint32 m0, uint32 m1) {
  asm volatile("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1, %2};" ::"r"(row_address), "r"(m0), "r"(m1)
               : "memory");
}

/// Stores four 8x8 matrices; every lane gives a row address, 8 a matrix.
__device__ __forceinline__ void store_matrices_4(uint32 row_address, uint32 m0, uint32 m1, uint32 m2,
                                                 uint32 m3) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(row_address), "r"(m0),
               "r"(m1), "r"(m2), "r"(m3)
               : "memory");
}

/// The same, each matrix transposed: what a thread gives as two neighbours in a row comes to lie in two rows.
__device__ __forceinline__ void store_matrices_2_transposed(uint32 row_address, uint32 m0, uint32 m1) {
  asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%0], {%1, %2};" ::"r"(row_address), "r"(m0),
               "r"(m1)
               : "memory");
}

__device__ __forceinline__ void store_matrices_4_transposed(uint32 row_address, uint32 m0, uint32 m1,
                                                            uint32 m2, uint32 m3) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(row_address),
               "r"(m0), "r"(m1), "r"(m2), "r"(m3)
               : "memory");
}

/// Loads what store_matrices_2 stores.
__device__ __forceinline__ void load_matrices_2(uint32 row_address, uint32 (&m)[2]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(m[0]), "=r"(m[1])
               : "r"(row_address)
               : "memory");
}

/// Loads what store_matrices_4 stores.
__device__ __forceinline__ void load_matrices_4(uint32 row_address, uint32 (&m)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
               : "r"(row_address)
               : "memory");
}

/// The address in CTA `rank` of the cluster of what lies at `address` here, in the shared::cluster window.
__device__ __forceinline__ uint32 cluster_address(uint32 address, uint32 rank) {
  uint32 remote;
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(address), "r"(rank));
  return remote;
}

/// Stores four values in the shared memory of a CTA of the cluster, 16-byte aligned, and completes 16 bytes
/// at the barrier there once they are visible to who waits for it. Both are shared::cluster addresses.
__device__ __forceinline__ void store_cluster_4(uint32 address, const float* values, uint32 barrier) {
  asm volatile(
      "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(
          address),
      "f"(values[0]), "f"(values[1]), "f"(values[2]), "f"(values[3]), "r"(barrier)
      : "memory");
}
