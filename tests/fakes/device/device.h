// What device code without PTX needs to run on the host: a CTA is as many threads, each a std::thread.
#pragma once

#include <array>
#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#define __device__
#define __forceinline__ inline

namespace fakes {

struct Dimension {
  unsigned x = 0;
};

struct Warp {
  std::barrier<> barrier{32};
  std::array<unsigned, 32> values{};
};

struct Cta {
  explicit Cta(unsigned threads) : barrier(threads), warps(threads / 32) {}
  std::barrier<> barrier;
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

inline thread_local fakes::Dimension threadIdx;

namespace fakes {

/// Runs `code` on each thread of a CTA; leaves its shared memory, of so many words.
template <typename Code>
std::vector<unsigned> run_cta(unsigned threads, std::size_t shared_words, const Code& code) {
  Cta cta(threads);
  cta.shared.assign(shared_words, 0xdeadbeef);
  current_cta() = &cta;
  {
    std::vector<std::jthread> running;
    for (unsigned i = 0; i < threads; ++i)
      running.emplace_back([&code, i] {
        threadIdx.x = i;
        code();
      });
  }
  current_cta() = nullptr;
  return cta.shared;
}

inline unsigned exchanged(unsigned value, unsigned lane) {
  Warp& warp = current_cta()->warps.at(threadIdx.x / 32);
  warp.values.at(threadIdx.x % 32) = value;
  warp.barrier.arrive_and_wait();
  const unsigned found = warp.values.at(lane);
  warp.barrier.arrive_and_wait();
  return found;
}

}  // namespace fakes

inline void __syncthreads() {
  fakes::current_cta()->barrier.arrive_and_wait();
}

inline unsigned __shfl_sync(unsigned, unsigned value, unsigned lane) {
  return fakes::exchanged(value, lane);
}

inline unsigned __shfl_up_sync(unsigned, unsigned value, unsigned by) {
  const unsigned lane = threadIdx.x % 32;
  return fakes::exchanged(value, lane >= by ? lane - by : lane);
}
