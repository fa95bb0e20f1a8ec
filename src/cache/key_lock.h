// A lock between processes on one entry of the cache, held while the object lives and given up by the kernel
// when its process dies.
#pragma once

#include "util/unique_fd.h"

#include <chrono>
#include <filesystem>

namespace gemmtune::cache {

class KeyLock {
 public:
  /// Waits for the lock, but not for ever: its holder may be stopped. Without it, as where the file cannot be
  /// made or locked, the worst that follows is a compilation done twice, so that is no error.
  KeyLock(std::filesystem::path path, std::chrono::milliseconds at_most);
  ~KeyLock();
  KeyLock(const KeyLock&) = delete;  // the lock is the open file
  KeyLock& operator=(const KeyLock&) = delete;

 private:
  std::filesystem::path path_;
  UniqueFd file_;
};

}  // namespace gemmtune::cache
