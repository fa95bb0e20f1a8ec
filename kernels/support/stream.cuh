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

/// How far the SM's clock and the global timer went in the same while.
struct ClockReading {
  uint64 cycles;
  uint64 ns;
};

/// The next tick of the global timer: the moment at which it shows the exact time.
__device__ __forceinline__ uint64 next_tick_ns() {
  const uint64 before = global_time_ns();
  uint64 now = before;
  while (now == before) now = global_time_ns();
  return now;
}

/// Reads the SM's clock against the global timer over at least `cycles`. The timer steps by 32 ns, or by a
/// microsecond on some systems; both readings are taken on a tick, so that only the loop's own length
/// (tens of cycles) is uncertain: with 40,000 cycles, 20 us, well below 0.5 %. One thread.
extern "C" __global__ void read_clock(ClockReading* reading, uint64 cycles) {
  const uint64 start_ns = next_tick_ns();
  const uint64 start = clock64();
  while (clock64() - start < cycles) {
  }
  const uint64 end_ns = next_tick_ns();
  *reading = {clock64() - start, end_ns - start_ns};
}
