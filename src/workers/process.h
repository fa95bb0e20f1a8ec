// One child process: started, watched, killed, reaped. It knows nothing of messages. The child reads requests
// from its fd 3 and writes replies to its fd 4; its stderr can be read here; its stdin and stdout are
// /dev/null.
//
// A child does not outlive us, whatever ends us: the kernel kills it when the *thread* that started it ends
// (PR_SET_PDEATHSIG), and its fd 3 comes to an end. So start a process on a thread that lives longer than it.
// What the child starts itself is killed too, with its process group (workers/group_guard.h).
#pragma once

#include "util/unique_fd.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace gemmtune::workers {

/// What to start.
struct Command {
  std::filesystem::path program;
  std::map<std::string, std::string> environment = {};  ///< added to our own, and stronger
};

/// Goes on as that program with `arguments`: the same process, streams and parent, so that a profiler around
/// us is around it. Throws InternalError when it cannot be executed.
[[noreturn]] void turn_into(const Command& command, const std::vector<std::string>& arguments);

class Process {
 public:
  /// Throws InternalError when there are no more processes or descriptors. A program that cannot be executed
  /// says so on its stderr and ends with exit code 127.
  explicit Process(const Command& command);

  /// Kills the child.
  ~Process();

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Both directions of the conversation: a socket that never blocks. Write with send() and MSG_NOSIGNAL, for
  /// writing to a child that died must not kill us.
  int channel() const { return channel_.get(); }

  /// The child's stderr; never blocks.
  int errors() const { return errors_.get(); }

  /// Waits `grace_s` seconds for the child to end by itself, then kills it. Returns how it ended:
  /// "signal 11 (SIGSEGV)", "exit code 7".
  std::string end(double grace_s);

 private:
  void reap_within(double seconds);

  UniqueFd channel_;
  UniqueFd errors_;
  pid_t pid_ = -1;
  std::optional<std::string> ending_;  ///< set once the child is reaped
};

}  // namespace gemmtune::workers
