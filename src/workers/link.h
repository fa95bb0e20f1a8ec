// A conversation with one worker process: a request goes out, a reply comes back, or the reason why none
// does. Deadlines are enforced from here, on the monotonic clock; the worker is never trusted to keep them.
// What counts is the time in which this process ran itself: a job that is suspended as a whole is nobody's
// fault.
#pragma once

#include "util/frame.h"
#include "workers/process.h"

#include <atomic>
#include <string>
#include <string_view>

namespace gemmtune::workers {

enum class Ending {
  message,  ///< a reply
  silence,  ///< nothing, or half a message, until the deadline
  death,    ///< the process ended
  garbage,  ///< bytes that are no message
  dropped,  ///< nobody wants the answer any more
};

struct Heard {
  Ending ending = Ending::message;
  std::string text;  ///< the payload; or how it ended: "signal 11 (SIGSEGV)", what was wrong with the bytes
};

class Link {
 public:
  explicit Link(const Command& command) : process_(command) {}

  /// Waits for a message without asking for one, unless `drop` is set meanwhile.
  Heard listen(double seconds, const std::atomic<bool>* drop = nullptr) {
    return converse({}, seconds, drop);
  }

  /// Asks and waits, unless `drop` is set meanwhile. After anything but a message the process is of no more
  /// use.
  Heard exchange(std::string_view request, double seconds, const std::atomic<bool>* drop = nullptr) {
    return converse(frame(request), seconds, drop);
  }

  /// Alive and with nothing to say: what a worker between two requests must be. (A reply that nobody asked
  /// for would be taken for the answer to the next request.)
  bool quiet() const;

  /// What the worker wrote to stderr since the last request: one line of printable ASCII, the end of it when
  /// it is long.
  std::string last_words() const;

 private:
  Heard converse(std::string unsent, double seconds, const std::atomic<bool>* drop = nullptr);
  void wait_for_traffic(bool sending, int at_most_ms);
  void send_some(std::string& unsent);
  bool receive_some();
  void collect_errors();
  Heard death();
  Heard garbage(const std::string& complaint);

  Process process_;
  FrameReader reader_;
  std::string errors_;
  bool errors_closed_ = false;
};

}  // namespace gemmtune::workers
