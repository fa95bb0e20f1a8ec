// The producer and the consumer of the PTX manual's chapter on bar: each hands a buffer over by bar.arrive
// and takes it back by bar.sync. Does racecheck follow that? No test runs it;
// results/h100-sxm/trust/racecheck.txt has what came of it.
//
//   nvcc -arch=sm_90a -lineinfo -o /tmp/turns tests/gpu/racecheck_turns.cu
//   compute-sanitizer --tool racecheck /tmp/turns FORM TURNS
#include <cstdio>
#include <cstdlib>

constexpr int kWords = 32;  // a thread

/// The bits of Form: the consumer gives back, the producer hands over, by bar.arrive (else bar.sync, at which
/// both wait).
template <int Form>
__global__ void __launch_bounds__(256) take_turns(float* sums, int turns) {
  __shared__ float buffer[kWords * 128];
  volatile float* const mine = buffer + threadIdx.x % 128;
  if (threadIdx.x < 128) {
    float sum = 0;
    for (int turn = 0; turn < turns; ++turn) {
      asm volatile("bar.sync 1, 256;" ::: "memory");
#pragma unroll
      for (int word = 0; word < kWords; ++word) sum += mine[word * 128];
      if constexpr (Form & 1)
        asm volatile("bar.arrive 2, 256;" ::: "memory");
      else
        asm volatile("bar.sync 2, 256;" ::: "memory");
    }
    sums[threadIdx.x] = sum;
  } else {
    for (int turn = 0; turn < turns; ++turn) {
      if (turn > 0) asm volatile("bar.sync 2, 256;" ::: "memory");
#pragma unroll
      for (int word = 0; word < kWords; ++word) mine[word * 128] = turn + word;
      if constexpr (Form & 2)
        asm volatile("bar.arrive 1, 256;" ::: "memory");
      else
        asm volatile("bar.sync 1, 256;" ::: "memory");
    }
    asm volatile("bar.sync 2, 256;" ::: "memory");
  }
}

int main(int count, char** words) {
  if (count != 3) return 2;
  void (*const forms[])(float*, int) = {take_turns<0>, take_turns<1>, take_turns<2>, take_turns<3>};
  float* sums;
  cudaMalloc(&sums, 128 * sizeof(float));
  forms[std::atoi(words[1]) & 3]<<<1, 256>>>(sums, std::atoi(words[2]));
  std::puts(cudaGetErrorString(cudaDeviceSynchronize()));
}
