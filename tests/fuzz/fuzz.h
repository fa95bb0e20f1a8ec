// What every fuzz target needs. A target lets through the exceptions that its contract names; any other one,
// and every complaint of the sanitisers, ends the run with the input that did it.
#pragma once

#include "util/error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace gemmtune::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A file in memory with these bytes, for readers that want a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    ensure(fd_ >= 0, "a file in memory can be made");
    const auto written = ::write(fd_, bytes.data(), bytes.size());
    ensure(written == static_cast<ssize_t>(bytes.size()), "it takes all bytes");
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace gemmtune::fuzz
