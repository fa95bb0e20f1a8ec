#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

std::atomic<bool> stop = false;
std::atomic<int> first_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free, "written by a signal handler");

void on_signal(int signal) {
  if (stop) _exit(128 + signal);
  first_signal = signal;
  stop = true;
  constexpr char kMessage[] = "\nstopping after what is in flight; once more to stop at once\n";
  // Nothing can be done about a stderr that is gone.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
}

}  // namespace

const std::atomic<bool>& watch_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    // Who started us with `nohup`, or in the background of a script, wants it ignored.
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
  return stop;
}

const std::atomic<bool>& interrupted() {
  return stop;
}

int interrupted_exit_code() {
  return first_signal == 0 ? 0 : 128 + first_signal;
}

}  // namespace gemmtune::cli
