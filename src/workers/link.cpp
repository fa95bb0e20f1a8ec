#include "workers/link.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gemmtune::workers {

namespace {

constexpr std::size_t kErrorsKept = 4096;
constexpr int kMostErrorReads = 32;  ///< twice what a pipe holds

/// A process that has closed its end is about to end; a core dump takes a moment more.
constexpr double kDyingSeconds = 1;

/// The longest wait between two looks at the clock. When one took longer, this process did not run: it was
/// stopped, and most often the worker with it.
constexpr double kSliceSeconds = 0.2;

/// The text goes into journals and to terminals, and the worker may have written anything.
std::string one_printable_line(std::string_view bytes) {
  std::string line;
  for (const char c : bytes) {
    if (c == '\n' || c == '\t' || c == '\r')
      line += ' ';
    else
      line += static_cast<unsigned char>(c) < 0x80 ? c : '?';
  }
  line = printable(line);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

bool Link::quiet() const {
  pollfd channel = {process_.channel(), POLLIN, 0};
  return reader_.pending() == 0 && ::poll(&channel, 1, 0) == 0;
}

std::string Link::last_words() const {
  return one_printable_line(errors_);
}

Heard Link::converse(std::string unsent, double seconds, const std::atomic<bool>* drop) {
  double left_s = seconds;
  collect_errors();
  if (!unsent.empty()) errors_.clear();
  try {
    while (left_s > 0) {
      if (auto payload = reader_.next()) return {Ending::message, std::move(*payload)};
      if (drop != nullptr && *drop) {
        process_.end(0);
        return {Ending::dropped, ""};
      }
      const double slice_s = std::min(left_s, kSliceSeconds);
      const auto before = std::chrono::steady_clock::now();
      wait_for_traffic(!unsent.empty(), static_cast<int>(std::ceil(slice_s * 1e3)));
      collect_errors();
      send_some(unsent);
      if (!receive_some()) return death();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
      left_s -= std::min(took.count(), slice_s);
    }
    if (auto payload = reader_.next()) return {Ending::message, std::move(*payload)};
  } catch (const FrameError& error) {
    return garbage(error.what());
  }
  const std::string half = reader_.pending() == 0 ? "" : "half a message came";
  process_.end(0);
  return {Ending::silence, half};
}

void Link::wait_for_traffic(bool sending, int at_most_ms) {
  std::array<pollfd, 2> traffic = {
      pollfd{process_.channel(), static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN), 0},
      pollfd{process_.errors(), POLLIN, 0}};
  // A stderr that was closed is ready for ever: leave it out rather than spin on it.
  if (errors_closed_) traffic[1].fd = -1;
  ::poll(traffic.data(), traffic.size(), at_most_ms);
}

void Link::send_some(std::string& unsent) {
  if (unsent.empty()) return;
  const ssize_t sent = ::send(process_.channel(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
  // An error here is a worker that has gone; reading will find its end and its last words.
  if (sent > 0) unsent.erase(0, static_cast<std::size_t>(sent));
}

/// False at the end of the stream.
bool Link::receive_some() {
  std::array<char, 65536> bytes;
  const ssize_t got = ::recv(process_.channel(), bytes.data(), bytes.size(), 0);
  if (got > 0) reader_.feed({bytes.data(), static_cast<std::size_t>(got)});
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void Link::collect_errors() {
  std::array<char, 4096> bytes;
  // Bounded: a worker that never stops printing must not keep us from its deadline.
  for (int round = 0; round < kMostErrorReads; ++round) {
    const ssize_t got = ::read(process_.errors(), bytes.data(), bytes.size());
    errors_closed_ = got == 0;
    if (got <= 0) return;
    errors_.append(bytes.data(), static_cast<std::size_t>(got));
    if (errors_.size() > kErrorsKept) errors_.erase(0, errors_.size() - kErrorsKept);
  }
}

Heard Link::death() {
  const std::string half = reader_.pending() == 0 ? "" : ", in the middle of a message";
  const std::string ending = process_.end(kDyingSeconds);
  collect_errors();
  return {Ending::death, ending + half};
}

Heard Link::garbage(const std::string& complaint) {
  process_.end(0);
  collect_errors();
  return {Ending::garbage, complaint};
}

}  // namespace gemmtune::workers
