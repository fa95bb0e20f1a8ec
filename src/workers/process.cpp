#include "workers/process.h"

#include "util/error.h"
#include "util/frame.h"
#include "workers/group_guard.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace gemmtune::workers {

namespace {

/// A process with a busy kernel is gone 0.1 s after SIGKILL; one that is stuck in the driver may never go.
constexpr double kKillLimitSeconds = 30;

std::string system_error(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

/// "NAME=value" of our environment, then of the additions, which replace ours.
std::vector<std::string> merged_environment(const std::map<std::string, std::string>& additions) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!additions.contains(text.substr(0, text.find('=')))) merged.push_back(text);
  }
  for (const auto& [name, value] : additions) merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> null_terminated(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void give_up(const char* what, const char* program) {
  const char* const reason = strerrordesc_np(errno);
  for (const char* part : {what, program, ": ", reason == nullptr ? "unknown error" : reason, "\n"})
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  ::_exit(127);
}

/// The child's side of fork. Other threads of ours may have held locks (malloc's, say) when it was made, so
/// only async-signal-safe calls are allowed here.
[[noreturn]] void become(char* const* arguments, char* const* environment, int channel, int errors,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before prctl
  ::setpgid(0, 0);                          // Ctrl-C is for gemmtune, which ends us in order
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);

  // First out of the way of the numbers they are to have.
  channel = ::fcntl(channel, F_DUPFD, 10);
  errors = ::fcntl(errors, F_DUPFD, 10);
  const int null = ::open("/dev/null", O_RDWR);
  if (::dup2(errors, STDERR_FILENO) < 0 || ::dup2(null, STDIN_FILENO) < 0 ||
      ::dup2(null, STDOUT_FILENO) < 0 || ::dup2(channel, kRequestFd) < 0 || ::dup2(channel, kReplyFd) < 0)
    give_up("cannot set up the descriptors of ", arguments[0]);
  ::close_range(kReplyFd + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(arguments[0], arguments, environment);
  give_up("cannot execute ", arguments[0]);
}

std::string describe_status(int status) {
  if (WIFEXITED(status)) return "exit code " + std::to_string(WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  const char* const name = sigabbrev_np(number);
  return "signal " + std::to_string(number) + (name == nullptr ? "" : std::string(" (SIG") + name + ")");
}

}  // namespace

void turn_into(const Command& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> argument_texts = {command.program.string()};
  argument_texts.insert(argument_texts.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment_texts = merged_environment(command.environment);
  ::execve(command.program.c_str(), null_terminated(argument_texts).data(),
           null_terminated(environment_texts).data());
  throw InternalError(system_error("cannot execute " + command.program.string()));
}

Process::Process(const Command& command) {
  std::vector<std::string> argument_texts = {command.program.string()};
  std::vector<std::string> environment_texts = merged_environment(command.environment);
  const std::vector<char*> arguments = null_terminated(argument_texts);
  const std::vector<char*> environment = null_terminated(environment_texts);

  std::array<int, 2> pair, pipe;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    throw InternalError(system_error("cannot make a socket for a worker"));
  channel_ = UniqueFd(pair[0]);
  const UniqueFd child_channel(pair[1]);
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    throw InternalError(system_error("cannot make a pipe for a worker"));
  errors_ = UniqueFd(pipe[0]);
  const UniqueFd child_errors(pipe[1]);
  ::fcntl(channel_.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(errors_.get(), F_SETFL, O_NONBLOCK);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0)
    become(arguments.data(), environment.data(), child_channel.get(), child_errors.get(), parent);
  if (pid_ < 0) throw InternalError(system_error("cannot start a process for a worker"));
  ::setpgid(pid_, pid_);  // both sides do it: whoever comes first, the group exists when we kill it
  guard_group(pid_);
}

Process::~Process() {
  end(0);
  // What a script has left behind; our child is reaped, but while one of its group lives its number is not
  // free.
  ::kill(-pid_, SIGKILL);
  forget_group(pid_);
}

std::string Process::end(double grace_s) {
  reap_within(grace_s);
  if (!ending_) {
    ::kill(-pid_, SIGKILL);  // the group: GEMMTUNE_WORKER may be a script around the worker
    ::kill(pid_, SIGKILL);
    reap_within(kKillLimitSeconds);
  }
  return ending_.value_or("nothing at all: it survives SIGKILL, stuck in the driver");
}

void Process::reap_within(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
  while (!ending_) {
    int status = 0;
    const pid_t reaped = ::waitpid(pid_, &status, WNOHANG);
    if (reaped == pid_)
      ending_ = describe_status(status);
    else if (reaped < 0 && errno == ECHILD)  // we were started with SIGCHLD ignored
      ending_ = "an unknown cause";
    else if (Clock::now() >= deadline)
      return;
    else
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace gemmtune::workers
