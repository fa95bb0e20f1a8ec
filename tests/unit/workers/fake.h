// A folder with a script for gemmtune-fake-worker, the command that runs it, and the log of what it was
// asked.
#pragma once

#include "workers/process.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace gemmtune::workers {

class Fake {
 public:
  explicit Fake(const std::string& script = "{}") {
    std::string pattern = (std::filesystem::temp_directory_path() / "gemmtune-fake-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    std::ofstream(folder_ / "script.json") << script;
  }
  ~Fake() { std::filesystem::remove_all(folder_); }
  Fake(const Fake&) = delete;
  Fake& operator=(const Fake&) = delete;

  Command command() const {
    return {GEMMTUNE_FAKE_WORKER_PATH,
            {{"GEMMTUNE_FAKE_SCRIPT", (folder_ / "script.json").string()},
             {"GEMMTUNE_FAKE_LOG", (folder_ / "log").string()}}};
  }

  /// One line of JSON for each request that a worker got.
  std::vector<std::string> log() const {
    std::vector<std::string> lines;
    std::ifstream file(folder_ / "log");
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  /// The ops of the log, in order.
  std::vector<std::string> ops() const {
    std::vector<std::string> ops;
    for (const std::string& line : log()) ops.push_back(line.substr(7, line.find('"', 7) - 7));
    return ops;
  }

  /// Of the worker that got the first request.
  pid_t pid() const {
    const std::string entry = log().at(0);
    return std::stoi(entry.substr(entry.find("\"pid\":") + 6));
  }

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// Neither a living child nor a zombie is left.
inline void expect_no_children() {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child process is left";
}

}  // namespace gemmtune::workers
