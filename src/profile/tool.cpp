#include "profile/tool.h"

#include "util/error.h"
#include "util/text.h"
#include "util/unique_fd.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gemmtune::profile {

namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> folders() {
  std::vector<fs::path> list;
  for (const std::string& folder : split(environment("PATH"), ':'))
    if (!folder.empty()) list.emplace_back(folder);
  for (const char* root : {"CUDA_HOME", "CUDA_PATH"})
    if (const std::string folder = environment(root); !folder.empty())
      list.push_back(fs::path(folder) / "bin");
  list.emplace_back("/usr/local/cuda/bin");
  return list;
}

/// What posix_spawn does with the child's descriptors. Owns what posix_spawn_file_actions_init allocates.
class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void redirect(int to, int from) { ::posix_spawn_file_actions_adddup2(&actions_, to, from); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) return;  // nobody reads our stderr any more: no reason to stop
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw InternalError(std::string("waitpid: ") + std::strerror(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Ended run(const CommandLine& line, bool shown) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw InternalError(std::string("pipe: ") + std::strerror(errno));
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  FileActions actions;
  actions.redirect(writing.get(), STDOUT_FILENO);
  if (shown) actions.redirect(writing.get(), STDERR_FILENO);
  CommandLine words = line;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = -1;
  if (const int error =
          ::posix_spawn(&pid, arguments.front(), actions.get(), nullptr, arguments.data(), ::environ);
      error != 0)
    throw InternalError("cannot start " + line.front() + ": " + std::strerror(error));
  writing = UniqueFd();
  Ended ended;
  char bytes[4096];
  while (true) {
    const ssize_t got = ::read(reading.get(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const std::string_view piece(bytes, static_cast<std::size_t>(got));
    if (shown) write_all(STDERR_FILENO, piece);
    ended.output += piece;
  }
  ended.exit_code = exit_code_of(pid);
  return ended;
}

}  // namespace

std::string find_tool(std::string_view name) {
  for (const fs::path& folder : folders()) {
    const fs::path path = folder / name;
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0) return path.string();
  }
  return "";
}

Ended run_shown(const CommandLine& line) {
  return run(line, true);
}

Ended run_read(const CommandLine& line) {
  return run(line, false);
}

}  // namespace gemmtune::profile
