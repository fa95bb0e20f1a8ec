#include "space/enumerate_all.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace gemmtune::space {

namespace {

/// What waits to be taken, between the threads that enumerate and the one that takes.
class Shelf {
 public:
  Shelf(std::size_t problems, std::size_t places) : problems_(problems), places_(places) {}

  /// The index of a problem to enumerate, once there is room for it; false when none is left.
  bool next(std::size_t& index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || begun_ == problems_ || begun_ < taken_ + places_; });
    if (closed_ || begun_ == problems_) return false;
    index = begun_++;
    return true;
  }

  void put(std::size_t index, Enumeration enumeration, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    ready_.emplace(index, Ready{std::move(enumeration), std::move(error)});
    changed_.notify_all();
  }

  Enumeration take(std::size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready_.contains(index); });
    Ready ready = std::move(ready_.extract(index).mapped());
    taken_ = index + 1;
    changed_.notify_all();
    if (ready.error) std::rethrow_exception(ready.error);
    return std::move(ready.enumeration);
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  struct Ready {
    Enumeration enumeration;
    std::exception_ptr error;
  };

  const std::size_t problems_, places_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::size_t, Ready> ready_;
  std::size_t begun_ = 0;
  std::size_t taken_ = 0;
  bool closed_ = false;
};

}  // namespace

void enumerate_all(std::span<const Problem> problems,
                   const std::map<std::string, std::vector<SpaceSpec>>& spaces, const DeviceLimits& limits,
                   const std::function<void(std::size_t, Enumeration)>& take, unsigned cores) {
  const auto make = [&](std::size_t i) {
    return enumerate(spaces.at(problems[i].kernel), problems[i], limits);
  };
  if (cores == 0) cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t threads = std::min<std::size_t>(cores, problems.size());
  if (threads <= 1) {
    for (std::size_t i = 0; i < problems.size(); ++i) take(i, make(i));
    return;
  }
  Shelf shelf(problems.size(), 2 * threads);
  const auto work = [&] {
    std::size_t i = 0;
    while (shelf.next(i)) {
      try {
        shelf.put(i, make(i), nullptr);
      } catch (...) {
        shelf.put(i, {}, std::current_exception());
      }
    }
  };
  std::vector<std::jthread> workers;
  try {
    for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(work);
    for (std::size_t i = 0; i < problems.size(); ++i) take(i, shelf.take(i));
  } catch (...) {
    shelf.close();
    throw;
  }
}

}  // namespace gemmtune::space
