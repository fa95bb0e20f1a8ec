// TMA: the bulk tensor copies between global and shared memory. One thread issues; coordinates are {x:
// contiguous dimension, y: rows}, in elements. What lies outside the tensor is read as zero and not written.
// Where `y` is a RowOfMatrix, the map has three dimensions, and its boxes are of one matrix.
#pragma once

#include "common/types.cuh"

__device__ __forceinline__ void tma_prefetch_map(const TensorMap& map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory");
}

/// Global -> L2, of a box; parts beyond the edges are left out.
__device__ __forceinline__ void tma_fetch_2d(const TensorMap& map, uint32 x, uint32 y) {
  asm volatile("cp.async.bulk.prefetch.tensor.2d.L2.global.tile [%0, {%1, %2}];" ::"l"(&map), "r"(x), "r"(y)
               : "memory");
}

__device__ __forceinline__ void tma_fetch_2d(const TensorMap& map, uint32 x, RowOfMatrix y) {
  asm volatile("cp.async.bulk.prefetch.tensor.3d.L2.global.tile [%0, {%1, %2, %3}];" ::"l"(&map), "r"(x),
               "r"(y.row), "r"(y.matrix)
               : "memory");
}

/// Global -> this CTA's shared memory; completes `barrier` with the box's bytes. `l2_hint` is a cache-policy
/// word.
__device__ __forceinline__ void tma_load_2d(uint32 destination, const TensorMap& map, uint32 barrier,
                                            uint32 x, uint32 y, uint64 l2_hint) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.L2::cache_hint"
      " [%0], [%1, {%3, %4}], [%2], %5;" ::"r"(destination),
      "l"(&map), "r"(barrier), "r"(x), "r"(y), "l"(l2_hint)
      : "memory");
}

/// The same, written to this offset in every CTA of `cta_mask`, and completing the barrier at this offset
/// there.
__device__ __forceinline__ void tma_load_2d_multicast(uint32 destination, const TensorMap& map,
                                                      uint32 barrier, uint32 x, uint32 y, uint16 cta_mask,
                                                      uint64 l2_hint) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster"
      ".L2::cache_hint [%0], [%1, {%3, %4}], [%2], %5, %6;" ::"r"(destination),
      "l"(&map), "r"(barrier), "r"(x), "r"(y), "h"(cta_mask), "l"(l2_hint)
      : "memory");
}

/// The same with no cache policy of its own.
__device__ __forceinline__ void tma_load_2d(uint32 destination, const TensorMap& map, uint32 barrier,
                                            uint32 x, uint32 y) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
      " [%0], [%1, {%3, %4}], [%2];" ::"r"(destination),
      "l"(&map), "r"(barrier), "r"(x), "r"(y)
      : "memory");
}

__device__ __forceinline__ void tma_load_2d(uint32 destination, const TensorMap& map, uint32 barrier,
                                            uint32 x, RowOfMatrix y) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
      " [%0], [%1, {%3, %4, %5}], [%2];" ::"r"(destination),
      "l"(&map), "r"(barrier), "r"(x), "r"(y.row), "r"(y.matrix)
      : "memory");
}

/// Shared -> global. Ordinary stores to the source need fence_async_shared and a barrier before.
__device__ __forceinline__ void tma_store_2d(const TensorMap& map, uint32 source, uint32 x, uint32 y) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%2, %3}], [%1];" ::"l"(&map),
               "r"(source), "r"(x), "r"(y)
               : "memory");
}

__device__ __forceinline__ void tma_store_2d(const TensorMap& map, uint32 source, uint32 x, RowOfMatrix y) {
  asm volatile(
      "cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%2, %3, %4}], [%1];" ::"l"(&map),
      "r"(source), "r"(x), "r"(y.row), "r"(y.matrix)
      : "memory");
}

/// Shared -> global, added by the L2 to what is there, one addition an element; the map's type is FP32.
/// Otherwise like a store.
__device__ __forceinline__ void tma_add_2d(const TensorMap& map, uint32 source, uint32 x, uint32 y) {
  asm volatile(
      "cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.tile.bulk_group [%0, {%2, %3}], [%1];" ::"l"(
          &map),
      "r"(source), "r"(x), "r"(y)
      : "memory");
}

__device__ __forceinline__ void tma_add_2d(const TensorMap& map, uint32 source, uint32 x, RowOfMatrix y) {
  asm volatile(
      "cp.reduce.async.bulk.tensor.3d.global.shared::cta.add.tile.bulk_group [%0, {%2, %3, %4}], [%1];" ::"l"(
          &map),
      "r"(source), "r"(x), "r"(y.row), "r"(y.matrix)
      : "memory");
}

__device__ __forceinline__ void tma_store_commit() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

/// Until all but the last `Pending` groups of this thread's stores have read their shared memory: it may be
/// overwritten.
template <int Pending = 0>
__device__ __forceinline__ void tma_store_wait_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(Pending) : "memory");
}

/// Orders this thread's ordinary shared-memory stores before later reads by TMA.
__device__ __forceinline__ void fence_async_shared() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
