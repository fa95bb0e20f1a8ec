// A lock between processes on one entry of the cache, held while the object lives and given up by the kernel
// when its process dies.
#pragma once

#include "util/unique_fd.h"

#include <filesystem>

namespace gemmtune::cache {

class KeyLock {
 public:
  /// Waits for the lock. Where the file cannot be made or locked there is no lock, and that is no error: the
  /// worst that follows is a compilation done twice.
  explicit KeyLock(std::filesystem::path path);
  ~KeyLock();
  KeyLock(const KeyLock&) = delete;  // the lock is the open file
  KeyLock& operator=(const KeyLock&) = delete;

 private:
  std::filesystem::path path_;
  UniqueFd file_;
};

}  // namespace gemmtune::cache
