// Kernels that shape the stream around a measurement.
#pragma once

#include "common/types.cuh"

__device__ __forceinline__ uint64 global_time_ns() {
  uint64 time;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time));
  return time;
}

/// Holds the stream until the host sets `*go` (mapped memory), so that what is queued behind it runs without
/// waiting for the host. Gives up after `limit_ns`, so that a host that died does not leave a spinning GPU.
/// One thread.
extern "C" __global__ void hold_stream(const volatile uint32* go, uint64 limit_ns) {
  const uint64 start = global_time_ns();
  while (*go == 0 && global_time_ns() - start < limit_ns) {
  }
}
