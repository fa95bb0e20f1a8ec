#include "cache/key_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <utility>

namespace gemmtune::cache {

namespace {

/// 0, or errno.
int lock_exclusively(int fd) {
  while (::flock(fd, LOCK_EX) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

/// The holder before us removes its file as it leaves: what we locked may have no name any more.
bool still_has_name(int fd, const std::filesystem::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

KeyLock::KeyLock(std::filesystem::path path) : path_(std::move(path)) {
  while (true) {
    UniqueFd file(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (file.get() < 0 || lock_exclusively(file.get()) != 0) return;
    if (!still_has_name(file.get(), path_)) continue;
    file_ = std::move(file);
    return;
  }
}

KeyLock::~KeyLock() {
  if (file_.get() >= 0) ::unlink(path_.c_str());
}

}  // namespace gemmtune::cache
