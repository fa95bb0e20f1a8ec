#include "util/atomic_file.h"

#include "fixtures/rows.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace gemmtune {
namespace {

namespace fs = std::filesystem;
using fixtures::ScratchFolder;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// What the error says; empty when there is none.
template <typename Action>
std::string complaint(Action action, ExitCode expected) {
  try {
    action();
  } catch (const UserError& error) {
    EXPECT_EQ(error.exit_code(), expected);
    return error.what();
  }
  return "";
}

/// While it lives no file can grow beyond `bytes`: a full disk that needs no disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(WriteFileAtomic, replaces_the_file_and_leaves_nothing_else) {
  const ScratchFolder folder;
  write_file_atomic(folder / "a", "old");
  write_file_atomic(folder / "a", std::string("new\0bytes", 9));
  EXPECT_EQ(read_file(folder / "a"), std::string("new\0bytes", 9));
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(WriteFileAtomic, complains_of_links_in_a_circle) {
  const ScratchFolder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  EXPECT_NE(complaint([&] { write_file_atomic(folder / "a", "x"); }, kExitInternal)
                .find("levels of symbolic links"),
            std::string::npos);
}

/// A process that is killed while it writes a file, after `bytes` of it.
pid_t killed_while_writing(const fs::path& path, rlim_t bytes) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0}, limit{bytes, bytes};
    ::setrlimit(RLIMIT_CORE, &none);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_DFL);
    write_file_atomic(path, std::string(100'000, 'x'));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << status;
  return child;
}

TEST(WriteFileAtomic, leaves_nothing_when_it_is_killed) {
  const ScratchFolder folder;
  const UniqueFd nameless(::open(folder.path().c_str(), O_WRONLY | O_TMPFILE, 0600));
  if (nameless.get() < 0) GTEST_SKIP() << "this file system has no files without a name";
  killed_while_writing(folder / "a", 5000);
  EXPECT_EQ(files_in(folder.path()), 0u);
}

TEST(RemoveLeftTemporaries, takes_those_of_dead_processes_of_this_host_alone) {
  const ScratchFolder folder;
  std::array<char, 65> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string ours = std::string(".gemmtune-") + host.data() + "-";
  const std::string dead = std::to_string(killed_while_writing(folder / "a", 5000)),
                    alive = std::to_string(::getpid());
  const std::vector<std::string> kept = {ours + alive + "-1.tmp", ".gemmtune-elsewhere-" + dead + "-1.tmp",
                                         ours + "x-1.tmp", ours + dead + "-1.json", "mine.tmp"};
  for (const std::string& name : kept) std::ofstream(folder / name) << "x";
  std::ofstream(folder / (ours + dead + "-1.tmp")) << "x";
  remove_left_temporaries(folder.path());
  EXPECT_EQ(files_in(folder.path()), kept.size());
  for (const std::string& name : kept) EXPECT_TRUE(fs::exists(folder / name)) << name;
}

TEST(WriteFileAtomic, keeps_the_mode_of_the_old_file) {
  const ScratchFolder folder;
  write_file_atomic(folder / "a", "old");
  ::chmod((folder / "a").c_str(), 0640);
  write_file_atomic(folder / "a", "new");
  struct stat status {};
  ::stat((folder / "a").c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
}

TEST(WriteFileAtomic, follows_a_link) {
  const ScratchFolder folder;
  write_file_atomic(folder / "a", "old");
  fs::create_symlink("a", folder / "link");
  write_file_atomic(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "a"), "new");
}

TEST(WriteFileAtomic, keeps_the_old_file_when_the_disk_is_full) {
  const ScratchFolder folder;
  write_file_atomic(folder / "a", "old");
  const FileSizeLimit limit(1000);
  const std::string message =
      complaint([&] { write_file_atomic(folder / "a", std::string(5000, 'x')); }, kExitInternal);
  EXPECT_NE(message.find((folder / "a").string()), std::string::npos) << message;
  EXPECT_NE(message.find("free some space"), std::string::npos) << message;
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(WriteFileAtomic, writes_devices_in_place) {
  write_file_atomic("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  const std::string message = complaint([] { write_file_atomic("/dev/full", "x"); }, kExitInternal);
  EXPECT_EQ(message,
            "cannot write /dev/full: No space left on device; free some space, or write to another place");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST(WriteFileAtomic, writes_into_a_pipe_that_a_link_leads_to) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd out(ends[0]), in(ends[1]);
  write_file_atomic("/proc/self/fd/" + std::to_string(in.get()), "text");  // as /dev/stdout is one
  std::array<char, 8> read{};
  EXPECT_EQ(::read(out.get(), read.data(), read.size()), 4);
  EXPECT_EQ(std::string(read.data()), "text");
}

TEST(WriteFileAtomic, says_what_is_wrong_with_the_place) {
  const ScratchFolder folder;
  const auto attempt = [](const fs::path& path) {
    return complaint([&] { write_file_atomic(path, "x"); }, kExitInternal);
  };
  EXPECT_NE(attempt(folder / "none" / "a").find("No such file or directory; its folder does not exist"),
            std::string::npos);
  EXPECT_NE(attempt(folder.path()).find("Is a directory"), std::string::npos);
  // Even root cannot create files here, so this is a read-only folder for every user.
  EXPECT_NE(attempt("/proc/gemmtune").find("cannot write /proc/gemmtune: "), std::string::npos);
  if (::geteuid() != 0) {
    ::chmod(folder.path().c_str(), 0500);
    EXPECT_NE(attempt(folder / "a").find("Permission denied; choose a folder that you may write to"),
              std::string::npos);
    ::chmod(folder.path().c_str(), 0700);
  }
}

TEST(ReadFile, complains_about_what_it_cannot_read) {
  const ScratchFolder folder;
  const auto attempt = [](const fs::path& path, std::size_t most = 100) {
    return complaint([&] { read_file(path, most); }, kExitUsage);
  };
  EXPECT_NE(attempt(folder / "none").find("none: No such file or directory"), std::string::npos);
  EXPECT_NE(attempt(folder.path()).find("Is a directory"), std::string::npos);
  write_file_atomic(folder / "big", "123456");
  EXPECT_NE(attempt(folder / "big", 5).find("larger than 5 bytes"), std::string::npos);
  EXPECT_EQ(read_file(folder / "big", 6), "123456");
}

TEST(AppendFile, adds_lines_to_what_is_there) {
  const ScratchFolder folder;
  { AppendFile(folder / "a").append_line("one"); }
  AppendFile file(folder / "a");
  file.append_line("two");
  EXPECT_EQ(read_file(folder / "a"), "one\ntwo\n");
}

TEST(AppendFile, starts_on_a_new_line_after_a_torn_one) {
  const ScratchFolder folder;
  write_file_atomic(folder / "a", "one\ntor");
  AppendFile(folder / "a").append_line("two");
  EXPECT_EQ(read_file(folder / "a"), "one\ntor\ntwo\n");
}

TEST(AppendFile, refuses_a_second_writer) {
  const ScratchFolder folder;
  {
    AppendFile first(folder / "a");
    const std::string message = complaint([&] { AppendFile second(folder / "a"); }, kExitUsage);
    EXPECT_NE(message.find((folder / "a").string() + " is being written by another gemmtune"),
              std::string::npos);
  }
  EXPECT_NO_THROW(AppendFile(folder / "a"));
}

TEST(AppendFile, reports_a_full_disk_and_goes_on_when_there_is_room_again) {
  const ScratchFolder folder;
  AppendFile file(folder / "a");
  file.append_line("one");
  {
    const FileSizeLimit limit(6);
    const std::string message = complaint([&] { file.append_line("second"); }, kExitInternal);
    EXPECT_NE(message.find("free some space"), std::string::npos) << message;
  }
  file.append_line("three");
  EXPECT_EQ(read_file(folder / "a"), "one\nse\nthree\n");
}

}  // namespace
}  // namespace gemmtune
