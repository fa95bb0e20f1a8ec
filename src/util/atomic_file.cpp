#include "util/atomic_file.h"

#include "util/error.h"
#include "util/unique_fd.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <random>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gemmtune {

namespace {

namespace fs = std::filesystem;

const char* advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "; free some space, or write to another place";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; choose a folder that you may write to";
    case ENOENT:
    case ENOTDIR:
      return "; its folder does not exist";
    default:
      return "";
  }
}

[[noreturn]] void fail_to_write(const fs::path& path, int error) {
  throw UserError("cannot write " + path.string() + ": " + std::strerror(error) + advice(error),
                  kExitInternal);
}

/// 0, or errno.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// 0, or errno.
int write_pieces(int fd, const Pieces& pieces) {
  constexpr std::size_t kBlockBytes = std::size_t{1} << 16;
  std::string block;
  int error = 0;
  const auto flush = [&] {
    if (error == 0) error = write_all(fd, block);
    block.clear();
  };
  pieces([&](std::string_view piece) {
    block += piece;
    if (block.size() >= kBlockBytes) flush();
  });
  flush();
  return error;
}

/// 0, or errno. Files that cannot be synced (pipes, some network folders) need not be.
int sync_to_disk(int fd) {
  if (::fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS) return 0;
  return errno;
}

std::string host_name() {
  std::array<char, 65> host{};
  return ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "-";
}

/// Unique among hosts that share the folder and among threads; says nothing of the target, whose name may be
/// as long as a name can be.
fs::path temporary_beside(const fs::path& path) {
  std::random_device random;
  std::array<char, 128> name{};
  std::snprintf(name.data(), name.size(), ".gemmtune-%s-%ld-%08x%08x.tmp", host_name().c_str(),
                static_cast<long>(::getpid()), random(), random());
  return path.parent_path() / name.data();
}

void write_in_place(const fs::path& path, const Pieces& pieces) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) fail_to_write(path, errno);
  if (const int error = write_pieces(file.get(), pieces)) fail_to_write(path, error);
}

/// 0, or errno.
int fill(int file, const Pieces& pieces, std::optional<mode_t> mode) {
  if (mode && ::fchmod(file, *mode) != 0) return errno;
  if (const int error = write_pieces(file, pieces)) return error;
  return sync_to_disk(file);
}

/// 0, or errno.
int write_new(const fs::path& path, const Pieces& pieces, std::optional<mode_t> mode) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  return file.get() < 0 ? errno : fill(file.get(), pieces, mode);
}

/// The same by way of a file that has no name until it is whole: of that nothing is left when we are killed.
/// False where there is no such thing.
bool write_nameless(const fs::path& path, const Pieces& pieces, std::optional<mode_t> mode, int& error) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const UniqueFd file(::open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666));
  if (file.get() < 0) return false;
  error = fill(file.get(), pieces, mode);
  if (error != 0) return true;
  const std::string opened = "/proc/self/fd/" + std::to_string(file.get());
  return ::linkat(AT_FDCWD, opened.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

/// The new name is on disk once its folder is. Best effort: the bytes are safe already.
void sync_folder(const fs::path& folder) {
  const UniqueFd opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() >= 0) ::fsync(opened.get());
}

/// 0, or errno; nothing is left behind then.
int write_and_rename(const fs::path& target, const Pieces& pieces, std::optional<mode_t> mode) {
  const fs::path temporary = temporary_beside(target);
  int error = 0;
  if (!write_nameless(temporary, pieces, mode, error)) error = write_new(temporary, pieces, mode);
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0)
    ::unlink(temporary.c_str());
  else
    sync_folder(target.parent_path());
  return error;
}

Pieces in_one_piece(std::string_view bytes) {
  return [bytes](const Sink& sink) { sink(bytes); };
}

[[noreturn]] void fail_to_read(const fs::path& path, const std::string& why) {
  throw UserError("cannot read " + path.string() + ": " + why);
}

std::string read_all(int file, const fs::path& path, std::size_t most_bytes) {
  std::string bytes;
  std::array<char, 1 << 16> block;
  while (true) {
    const ssize_t got = ::read(file, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_to_read(path, std::strerror(errno));
    if (got == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(got));
    if (bytes.size() > most_bytes)
      fail_to_read(path, "it is larger than " + std::to_string(most_bytes) + " bytes");
  }
}

}  // namespace

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  write_file_atomic(path, in_one_piece(bytes));
}

void write_file_atomic(const fs::path& path, const Pieces& pieces) {
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) fail_to_write(path, EISDIR);
  // Before the link is followed: where stdout is a pipe /dev/stdout leads to a name that is no path.
  if (exists && !S_ISREG(existing.st_mode)) return write_in_place(path, pieces);
  std::error_code ignored;
  const fs::path target = fs::is_symlink(path, ignored) ? fs::weakly_canonical(path, ignored) : path;
  if (target.empty()) fail_to_write(path, ignored.value());  // links in a circle

  const auto mode = exists ? std::optional<mode_t>(existing.st_mode & 07777) : std::nullopt;
  if (const int error = write_and_rename(target, pieces, mode)) fail_to_write(path, error);
}

void replace_file(const fs::path& path, std::string_view bytes) {
  if (const int error = write_and_rename(path, in_one_piece(bytes), S_IRUSR | S_IWUSR))
    fail_to_write(path, error);
}

bool is_temporary_name(std::string_view name) {
  return name.starts_with(".gemmtune-") && name.ends_with(".tmp");
}

void remove_left_temporaries(const fs::path& folder) {
  const std::string ours = ".gemmtune-" + host_name() + "-";
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(ours) || !is_temporary_name(name)) continue;
    const pid_t writer = std::atoi(name.c_str() + ours.size());
    std::error_code ignored;
    if (writer > 0 && ::kill(writer, 0) != 0 && errno == ESRCH) fs::remove(at->path(), ignored);
  }
}

std::optional<std::string> read_own_file(const fs::path& path, std::size_t most_bytes) {
  // Without O_NONBLOCK a pipe would be waited for.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return std::nullopt;
  return read_all(file.get(), path, most_bytes);
}

std::string read_file(const fs::path& path, std::size_t most_bytes) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail_to_read(path, std::strerror(errno));
  return read_all(file.get(), path, most_bytes);
}

AppendFile::AppendFile(const fs::path& path) : path_(path), synced_at_(std::chrono::steady_clock::now()) {
  fd_ = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) fail_to_write(path, errno);
  // Other errors mean a file system without locks; refusing those would lock out their users for good.
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(fd_);
    throw UserError(path.string() +
                    " is being written by another gemmtune; wait for it, or choose another folder");
  }
  char last = '\n';
  struct stat status {};
  if (::fstat(fd_, &status) == 0 && status.st_size > 0 && ::pread(fd_, &last, 1, status.st_size - 1) == 1)
    mid_line_ = last != '\n';
}

AppendFile::~AppendFile() {
  ::fsync(fd_);
  ::close(fd_);
}

void AppendFile::append_line(std::string_view line) {
  std::string bytes;
  bytes.reserve(line.size() + 2);
  if (mid_line_) bytes += '\n';
  bytes += line;
  bytes += '\n';
  mid_line_ = true;
  if (const int error = write_all(fd_, bytes)) fail_to_write(path_, error);
  mid_line_ = false;
  if (std::chrono::steady_clock::now() - synced_at_ >= std::chrono::seconds(1)) sync();
}

void AppendFile::sync() {
  if (const int error = sync_to_disk(fd_)) fail_to_write(path_, error);
  synced_at_ = std::chrono::steady_clock::now();
}

}  // namespace gemmtune
