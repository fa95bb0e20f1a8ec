#include "workers/process.h"

#include "fake.h"
#include "util/frame.h"
#include "workers/process_worker.h"

#include <csignal>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

namespace gemmtune::workers {
namespace {

/// Everything a shell script writes to its fd 4 before it ends.
std::string output_of(const Fake& fake, const std::string& script,
                      const std::map<std::string, std::string>& environment = {}) {
  const auto program = fake.folder() / "program";
  std::ofstream(program) << "#!/bin/sh\n" << script;
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  Process process({program, environment});
  std::string output;
  char bytes[4096];
  pollfd channel = {process.channel(), POLLIN, 0};
  while (::poll(&channel, 1, 10'000) > 0) {
    const ssize_t got = ::recv(process.channel(), bytes, sizeof bytes, 0);
    if (got <= 0) break;
    output.append(bytes, static_cast<std::size_t>(got));
  }
  return output;
}

TEST(Process, tells_how_it_ended) {
  const Fake fake(R"({"rules": [{"op": "hello", "do": "exit", "code": 7}]})");
  EXPECT_EQ(Process(fake.command()).end(10), "exit code 7");
  const Fake crashing(R"({"rules": [{"op": "hello", "do": "segv"}]})");
  EXPECT_EQ(Process(crashing.command()).end(10), "signal 11 (SIGSEGV)");
}

TEST(Process, is_killed_after_its_grace) {
  const Fake fake(R"({"rules": [{"op": "hello", "do": "hang"}]})");
  Process process(fake.command());
  EXPECT_EQ(process.end(0.05), "signal 9 (SIGKILL)");
  EXPECT_EQ(process.end(0), "signal 9 (SIGKILL)") << "asked again it knows";
  expect_no_children();
}

TEST(Process, leaves_neither_process_nor_zombie_behind) {
  { const Process process(Fake().command()); }
  expect_no_children();
}

TEST(Process, gets_the_environment_with_additions_that_win) {
  ::setenv("GEMMTUNE_TEST_KEPT", "kept", 1);
  ::setenv("GEMMTUNE_TEST_REPLACED", "old", 1);
  EXPECT_EQ(output_of(Fake(), "echo $GEMMTUNE_TEST_KEPT $GEMMTUNE_TEST_REPLACED >&4",
                      {{"GEMMTUNE_TEST_REPLACED", "new"}}),
            "kept new\n");
}

TEST(Process, inherits_no_descriptor_but_its_own) {
  const UniqueFd leaky(::dup2(STDERR_FILENO, 77));  // without close-on-exec
  EXPECT_EQ(output_of(Fake(), "for fd in 0 1 2 3 4 5 77; do [ -e /proc/$$/fd/$fd ] && echo $fd >&4; done"),
            "0\n1\n2\n3\n4\n");
}

TEST(Process, does_not_inherit_blocked_signals) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const Fake fake;  // a shell would clear the mask by itself
  ProcessWorker worker(fake.command());
  worker.describe();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::ifstream status("/proc/" + std::to_string(fake.pid()) + "/status");
  std::string line;
  while (std::getline(status, line) && !line.starts_with("SigBlk")) continue;
  EXPECT_EQ(line, "SigBlk:\t0000000000000000");
}

TEST(Process, does_not_inherit_an_ignored_sigpipe) {
  auto* const handler = std::signal(SIGPIPE, SIG_IGN);
  const std::string output = output_of(Fake(), "grep SigIgn /proc/self/status >&4");
  std::signal(SIGPIPE, handler);
  ASSERT_EQ(output.substr(0, 8), "SigIgn:\t");
  EXPECT_EQ(std::stoull(output.substr(8), nullptr, 16) >> (SIGPIPE - 1) & 1, 0u) << output;
}

TEST(Process, ends_by_itself_when_the_conversation_is_closed) {
  const Fake fake;
  Process process(fake.command());
  ::shutdown(process.channel(), SHUT_WR);
  EXPECT_EQ(process.end(10), "exit code 0");
}

bool is_alive(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(status, text);
  const auto name_end = text.rfind(')');
  return name_end != std::string::npos && text[name_end + 2] != 'Z';
}

/// A worker that is a script, which starts something that hangs; the number of that.
pid_t start_script_in(const Fake& fake, std::optional<Process>& process) {
  const auto program = fake.folder() / "script";
  std::ofstream(program) << "#!/bin/sh\nsleep 1000 &\necho $! > " << (fake.folder() / "pid").string()
                         << "\nwait\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  process.emplace(Command{program, {}});
  pid_t pid = 0;
  for (int i = 0; i < 1000 && pid == 0; ++i) {
    ::usleep(5'000);
    std::ifstream(fake.folder() / "pid") >> pid;
  }
  return pid;
}

TEST(Process, takes_what_a_script_started_with_it) {
  const Fake fake;
  std::optional<Process> process;
  const pid_t below = start_script_in(fake, process);
  ASSERT_TRUE(is_alive(below));
  process.reset();
  for (int i = 0; i < 1000 && is_alive(below); ++i) ::usleep(5'000);
  EXPECT_FALSE(is_alive(below));
  expect_no_children();
}

TEST(Process, takes_what_a_script_started_with_it_whatever_ends_the_parent) {
  for (const int signal : {SIGKILL, SIGHUP, SIGSEGV, SIGTERM}) {
    const Fake fake;
    const pid_t parent = ::fork();
    if (parent == 0) {
      std::optional<Process> process;
      start_script_in(fake, process);
      std::ofstream(fake.folder() / "ready") << "x";
      while (true) ::pause();
    }
    for (int i = 0; i < 1000 && !std::filesystem::exists(fake.folder() / "ready"); ++i) ::usleep(5'000);
    pid_t below = 0;
    std::ifstream(fake.folder() / "pid") >> below;
    ASSERT_TRUE(is_alive(below));
    ::kill(parent, signal);
    ::waitpid(parent, nullptr, 0);
    for (int i = 0; i < 1000 && is_alive(below); ++i) ::usleep(5'000);
    EXPECT_FALSE(is_alive(below)) << signal;
    if (is_alive(below)) ::kill(below, SIGKILL);
  }
}

/// Kills a parent whose worker hangs in `op`, and returns how the worker ended.
int ending_of_orphan(const std::string& op) {
  const Fake fake(R"({"rules": [{"op": ")" + op + R"(", "do": "hang"}]})");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // the orphan becomes our child, so that we can wait for it
  const pid_t parent = ::fork();
  if (parent == 0) {
    ProcessWorker worker(fake.command());
    worker.describe();
    ::pause();
    ::_exit(0);
  }
  for (int i = 0; i < 1000 && fake.log().empty(); ++i) ::usleep(10'000);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  int status = -1;
  for (int i = 0; i < 1000 && ::waitpid(fake.pid(), &status, WNOHANG) == 0; ++i) ::usleep(10'000);
  while (::waitpid(-1, nullptr, 0) > 0) continue;  // the guard of its group
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  expect_no_children();
  return status;
}

TEST(Process, dies_with_a_parent_that_is_killed_while_it_hangs) {
  const int status = ending_of_orphan("describe");
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(Process, dies_with_a_parent_that_is_killed_while_it_waits) {
  const int status = ending_of_orphan("nothing");
  EXPECT_TRUE(WIFSIGNALED(status) || status == 0) << status;
}

}  // namespace
}  // namespace gemmtune::workers
