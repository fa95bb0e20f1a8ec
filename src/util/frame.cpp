#include "util/frame.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <unistd.h>

namespace gemmtune {

namespace {

constexpr std::size_t kHeaderSize = 4;

std::size_t payload_size(std::string_view header) {
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < kHeaderSize; ++i)
    size |= std::uint32_t{static_cast<unsigned char>(header[i])} << (8 * i);
  if (size > kFrameLimit)
    throw FrameError("a message of " + std::to_string(size) + " bytes was announced, " +
                     std::to_string(kFrameLimit) + " are allowed");
  return size;
}

/// Fills `into` unless the stream ends before; returns the number of bytes read.
std::size_t read_fully(int fd, char* into, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, into + done, size - done);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FrameError(std::string("cannot read a message: ") + std::strerror(errno));
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace

std::string frame(std::string_view payload) {
  if (payload.size() > kFrameLimit)
    throw FrameError("a message of " + std::to_string(payload.size()) + " bytes is too long to send, " +
                     std::to_string(kFrameLimit) + " are allowed");
  std::string bytes;
  bytes.reserve(kHeaderSize + payload.size());
  for (std::size_t i = 0; i < kHeaderSize; ++i) bytes += static_cast<char>(payload.size() >> (8 * i));
  bytes += payload;
  return bytes;
}

std::optional<std::string> FrameReader::next() {
  if (buffer_.size() < kHeaderSize) return std::nullopt;
  const std::size_t size = payload_size(buffer_);
  if (buffer_.size() < kHeaderSize + size) return std::nullopt;
  std::string payload = buffer_.substr(kHeaderSize, size);
  buffer_.erase(0, kHeaderSize + size);
  return payload;
}

std::optional<std::string> read_frame(int fd) {
  std::array<char, kHeaderSize> header;
  const std::size_t got = read_fully(fd, header.data(), header.size());
  if (got == 0) return std::nullopt;
  if (got < header.size()) throw FrameError("the stream ended inside the length of a message");
  std::string payload(payload_size({header.data(), header.size()}), '\0');
  const std::size_t arrived = read_fully(fd, payload.data(), payload.size());
  if (arrived < payload.size())
    throw FrameError("the stream ended after " + std::to_string(arrived) + " of " +
                     std::to_string(payload.size()) + " bytes of a message");
  return payload;
}

void write_frame(int fd, std::string_view payload) {
  const std::string bytes = frame(payload);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw FrameError(std::string("cannot write a message: ") + std::strerror(errno));
    done += static_cast<std::size_t>(put);
  }
}

}  // namespace gemmtune
