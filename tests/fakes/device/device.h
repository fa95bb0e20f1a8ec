// What device code without PTX needs to run on the host: a CTA is as many fibers of one thread, which take
// turns where they wait for each other.
#pragma once

#include "fakes/device/vectors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <ucontext.h>
#include <vector>

#define __device__
#define __forceinline__ inline
#define __global__
#define __launch_bounds__(...)
#define __shared__ static  // CTAs run one after the other
#define __align__(bytes) __attribute__((aligned(bytes)))

namespace fakes {

struct Dimension {
  unsigned x = 0, y = 0;
};

/// What the running fiber gives the turn back to.
inline ucontext_t& scheduler() {
  static ucontext_t context;
  return context;
}

struct Fiber {
  static constexpr std::size_t kStackBytes = 64 << 10;
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[kStackBytes]};
  bool done = false;
};

inline Fiber*& current_fiber() {
  static Fiber* fiber = nullptr;
  return fiber;
}

inline void give_turn() {
  swapcontext(&current_fiber()->context, &scheduler());
}

class Barrier {
 public:
  explicit Barrier(unsigned count) : count_(count) {}
  void arrive_and_wait() {
    const unsigned phase = phase_;
    if (++arrived_ == count_) {
      arrived_ = 0;
      ++phase_;
    }
    while (phase == phase_) give_turn();
  }

 private:
  unsigned count_, arrived_ = 0, phase_ = 0;
};

struct Warp {
  Barrier barrier{32};
  std::array<unsigned, 32> values{};
};

struct Cta {
  explicit Cta(unsigned threads) : barrier(threads), warps(threads / 32) {}
  Barrier barrier;
  std::vector<Warp> warps;
  std::vector<unsigned> shared;
};

inline Cta*& current_cta() {
  static Cta* cta = nullptr;
  return cta;
}

inline std::vector<unsigned>& shared_words() {
  return current_cta()->shared;
}

}  // namespace fakes

inline fakes::Dimension threadIdx, blockIdx, gridDim;

namespace fakes {

/// What all fibers of a CTA run.
inline std::function<void()>& code_of_fibers() {
  static std::function<void()> code;
  return code;
}

inline void run_fiber() {
  code_of_fibers()();
  current_fiber()->done = true;
  give_turn();
}

[[gnu::noinline]] inline void begin(Fiber& fiber) {
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = Fiber::kStackBytes;
  makecontext(&fiber.context, run_fiber, 0);
}

[[gnu::noinline]] inline void take_turn(Fiber& fiber, unsigned thread) {
  threadIdx.x = thread;
  current_fiber() = &fiber;
  swapcontext(&scheduler(), &fiber.context);
}

/// Runs `code` on each thread of a CTA; leaves its shared memory, of so many words. Threads that wait for one
/// that has ended are an error.
inline std::vector<unsigned> run_cta(unsigned threads, std::size_t shared_words,
                                     const std::function<void()>& code) {
  Cta cta(threads);
  cta.shared.assign(shared_words, 0xdeadbeef);
  current_cta() = &cta;
  code_of_fibers() = code;
  std::vector<Fiber> fibers(threads);
  for (Fiber& fiber : fibers) begin(fiber);
  constexpr unsigned kMostTurns = 1'000'000;
  unsigned left = threads;
  for (unsigned turn = 0; left > 0; ++turn) {
    if (turn == kMostTurns) throw std::runtime_error("threads of a CTA wait for ever");
    left = 0;
    for (unsigned i = 0; i < threads; ++i) {
      if (fibers[i].done) continue;
      ++left;
      take_turn(fibers[i], i);
    }
  }
  current_cta() = nullptr;
  return cta.shared;
}

/// CTA after CTA of a grid. A thread may return early where its whole warp does, and no other waits for it.
inline void run_grid(Dimension grid, unsigned threads, const std::function<void()>& code) {
  gridDim = grid;
  for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y)
    for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) run_cta(threads, 0, code);
}

/// What all lanes have brought.
inline std::array<unsigned, 32> gathered(unsigned value) {
  Warp& warp = current_cta()->warps.at(threadIdx.x / 32);
  warp.values.at(threadIdx.x % 32) = value;
  warp.barrier.arrive_and_wait();
  const std::array<unsigned, 32> found = warp.values;
  warp.barrier.arrive_and_wait();
  return found;
}

inline unsigned exchanged(unsigned value, unsigned lane) {
  return gathered(value).at(lane);
}

}  // namespace fakes

inline void __syncthreads() {
  fakes::current_cta()->barrier.arrive_and_wait();
}

inline unsigned __shfl_sync(unsigned, unsigned value, unsigned lane) {
  return fakes::exchanged(value, lane);
}

inline float __shfl_sync(unsigned, std::same_as<float> auto value, unsigned lane) {
  return std::bit_cast<float>(fakes::exchanged(std::bit_cast<unsigned>(value), lane));
}

inline float __shfl_xor_sync(unsigned mask, std::same_as<float> auto value, unsigned bits) {
  return __shfl_sync(mask, value, threadIdx.x % 32 ^ bits);
}

inline unsigned __shfl_up_sync(unsigned, unsigned value, unsigned by) {
  const unsigned lane = threadIdx.x % 32;
  return fakes::exchanged(value, lane >= by ? lane - by : lane);
}

inline unsigned __reduce_add_sync(unsigned, unsigned value) {
  const auto values = fakes::gathered(value);
  return std::accumulate(values.begin(), values.end(), 0u);
}

inline unsigned __reduce_max_sync(unsigned, unsigned value) {
  return std::ranges::max(fakes::gathered(value));
}

inline unsigned __ballot_sync(unsigned, bool vote) {
  const auto votes = fakes::gathered(vote ? 1 : 0);
  unsigned found = 0;
  for (unsigned lane = 0; lane < 32; ++lane) found |= votes.at(lane) << lane;
  return found;
}

inline int __popc(unsigned bits) {
  return std::popcount(bits);
}
