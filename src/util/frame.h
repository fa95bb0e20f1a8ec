// How gemmtune and its worker cut a stream of bytes into messages: a 4-byte little-endian length, then that
// many bytes. Bytes only; what they mean is the business of both ends (core/messages.h). The worker uses the
// two blocking functions; gemmtune, which has deadlines, feeds a FrameReader with whatever has arrived.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gemmtune {

/// Longest payload. A worker that prints text where a length belongs announces more than this: every four
/// printable ASCII bytes are a length above 500 MB.
inline constexpr std::size_t kFrameLimit = std::size_t{64} << 20;

/// The worker's ends of the conversation. Not 0, 1, 2: libraries print there as they please.
inline constexpr int kRequestFd = 3;
inline constexpr int kReplyFd = 4;

/// The stream is not made of frames, or broke off. There is no way to find the next frame: give the stream
/// up.
class FrameError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Header and payload. Throws FrameError when the payload is longer than kFrameLimit.
std::string frame(std::string_view payload);

/// Puts frames together from pieces of any size.
class FrameReader {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }

  /// The next whole payload, or nothing yet. Throws FrameError when a header announces more than kFrameLimit.
  std::optional<std::string> next();

  /// Bytes fed that are not part of a payload handed out: above 0 between messages means half a message.
  std::size_t pending() const { return buffer_.size(); }

 private:
  std::string buffer_;
};

/// Blocks for one payload. Nothing at the end of the stream; FrameError when it ends inside a frame, on an
/// oversized header, or when reading fails.
std::optional<std::string> read_frame(int fd);

/// Blocks until everything is written. Throws FrameError when it cannot be. A reader that is gone raises
/// SIGPIPE here; a worker leaves that deadly, for without its parent it has nothing to live for.
void write_frame(int fd, std::string_view payload);

}  // namespace gemmtune
