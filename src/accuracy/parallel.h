// Loops whose rounds do not depend on each other, on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gemmtune::accuracy {

/// body(i) for each i below `count`, on `threads` threads (0: one a core). What a round throws is thrown
/// here.
template <typename Body>
void parallel_for(std::int64_t count, unsigned threads, const Body& body) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  threads = static_cast<unsigned>(std::min<std::int64_t>(threads, count));
  if (threads <= 1) {
    for (std::int64_t i = 0; i < count; ++i) body(i);
    return;
  }
  std::atomic<std::int64_t> next = 0;
  std::exception_ptr thrown;
  std::mutex guards_thrown;
  const auto work = [&] {
    try {
      for (std::int64_t i = next++; i < count; i = next++) body(i);
    } catch (...) {
      const std::lock_guard lock(guards_thrown);
      thrown = std::current_exception();
      next = count;
    }
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < threads; ++i) workers.emplace_back(work);
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace gemmtune::accuracy
