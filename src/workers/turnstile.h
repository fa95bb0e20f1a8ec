// Many may pass side by side, or one alone. Who wants to be alone goes before those who come later, so that a
// crowd that never ends does not keep it waiting. To be used through std::shared_lock and std::unique_lock.
#pragma once

#include <condition_variable>
#include <mutex>

namespace gemmtune::workers {

class Turnstile {
 public:
  void lock_shared() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !alone_; });
    ++inside_;
  }
  void unlock_shared() {
    const std::lock_guard lock(mutex_);
    --inside_;
    changed_.notify_all();
  }
  void lock() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !alone_; });
    alone_ = true;
    changed_.wait(lock, [&] { return inside_ == 0; });
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    alone_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;      // guarded
  bool alone_ = false;  // guarded: somebody is alone, or waits for the others to leave
};

}  // namespace gemmtune::workers
