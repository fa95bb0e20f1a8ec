#include "cache/key_lock.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <utility>

namespace gemmtune::cache {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPause{2};

bool lock_before(int fd, Clock::time_point deadline) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK || Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

/// The holder before us removes its file as it leaves: what we locked may have no name any more.
bool still_has_name(int fd, const std::filesystem::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

KeyLock::KeyLock(std::filesystem::path path, std::chrono::milliseconds at_most) : path_(std::move(path)) {
  const auto deadline = Clock::now() + at_most;
  while (true) {
    UniqueFd file(::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    if (file.get() < 0 || !lock_before(file.get(), deadline)) return;
    if (!still_has_name(file.get(), path_)) continue;
    file_ = std::move(file);
    return;
  }
}

KeyLock::~KeyLock() {
  if (file_.get() >= 0) ::unlink(path_.c_str());
}

}  // namespace gemmtune::cache
