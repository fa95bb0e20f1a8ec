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

/// Where an SM's cycle counter and the global timer stood at one moment; zeros: no block ran there.
struct ClockStamp {
  uint64 cycles;
  uint64 ns;
};

/// Stamps every SM that gets a block: `stamps` has one entry an SM. Two stamps with a kernel between them
/// give the mean clock of that SM while the kernel ran, whatever the clock does at other times. NOTES: a
/// probe that counted cycles for 20 us right behind the kernel read 1.9 GHz where Nsight Compute saw 1.57 GHz
/// during it: the board's clock gives way within a GEMM and is back microseconds later.
extern "C" __global__ void stamp_clocks(ClockStamp* stamps, uint32 sms) {
  uint32 sm;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
  if (sm < sms) stamps[sm] = {static_cast<uint64>(clock64()), global_time_ns()};
}
