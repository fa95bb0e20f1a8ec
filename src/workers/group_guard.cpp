#include "workers/group_guard.h"

#include "util/unique_fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <sys/wait.h>
#include <unistd.h>

namespace gemmtune::workers {

namespace {

constexpr std::size_t kMostGroups = 4096;  ///< more workers than anybody starts
std::array<pid_t, kMostGroups> guarded;    ///< in the guard's own memory: it may not ask for more

/// The guard: hears of groups until we are gone, which ends the pipe. It is made by fork alone, when others
/// of our threads may have held locks: only async-signal-safe calls are allowed here.
[[noreturn]] void stand_guard() {
  ::setsid();  // what a terminal sends is not for it
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGQUIT}) std::signal(signal, SIG_IGN);
  [[maybe_unused]] const int ignored = ::chdir("/");
  pid_t order = 0;
  ssize_t got = 0;
  while ((got = ::read(STDIN_FILENO, &order, sizeof order)) != 0) {
    if (got < 0 && errno != EINTR) break;
    if (got != sizeof order) continue;
    const auto place = std::find(guarded.begin(), guarded.end(), order > 0 ? 0 : -order);
    if (place != guarded.end()) *place = std::max(order, 0);
  }
  for (const pid_t group : guarded)
    if (group > 0) ::kill(-group, SIGKILL);
  ::_exit(0);
}

class Guard {
 public:
  Guard() : owner_(::getpid()) {
    std::array<int, 2> pipe;
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return;
    const UniqueFd orders(pipe[0]);
    orders_ = UniqueFd(pipe[1]);
    // Twice: it is no child of ours that anybody would wait for.
    const pid_t between = ::fork();
    if (between == 0) {
      // Before anybody goes on: copies of this pipe, or of a worker's socket, would keep them open.
      ::dup2(orders.get(), STDIN_FILENO);
      ::close_range(STDIN_FILENO + 1, ~0U, 0);
      if (::fork() == 0) stand_guard();
      ::_exit(0);
    }
    while (between > 0 && ::waitpid(between, nullptr, 0) < 0 && errno == EINTR) continue;
  }

  pid_t owner() const { return owner_; }

  /// Orders are shorter than what a pipe takes at once, so none is ever torn. SIGPIPE: the guard may be dead.
  void send(pid_t order) const {
    sigset_t pipe_signal, before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    if (::write(orders_.get(), &order, sizeof order) < 0 && errno == EPIPE) {
      const timespec at_once{};
      sigtimedwait(&pipe_signal, nullptr, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

 private:
  pid_t owner_;
  UniqueFd orders_;
};

/// A process that was forked from us has a guard of its own.
void send_to_guard(pid_t order) {
  static std::mutex mutex;
  static std::unique_ptr<Guard> guard;
  const std::lock_guard lock(mutex);
  if (guard == nullptr || guard->owner() != ::getpid()) guard = std::make_unique<Guard>();
  guard->send(order);
}

}  // namespace

void guard_group(pid_t group) {
  send_to_guard(group);
}

void forget_group(pid_t group) {
  send_to_guard(-group);
}

}  // namespace gemmtune::workers
