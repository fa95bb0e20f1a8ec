#include "cache/own_folder.h"

#include "util/atomic_file.h"
#include "util/error.h"
#include "util/shell.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gemmtune::cache {

namespace {

namespace fs = std::filesystem;

/// https://bford.info/cachedir/
constexpr const char* kMark = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by gemmtune";
constexpr const char* kAdvice =
    ", which removes files from this folder as it likes: keep none of yours here.\n";

std::string system_message() {
  return std::error_code(errno, std::generic_category()).message();
}

/// Whoever can write to a folder can put another in the place of ours; but not to one like /tmp.
bool lets_anybody_replace(const fs::path& folder) {
  struct stat status {};
  return ::stat(folder.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0 &&
         (status.st_mode & S_ISVTX) == 0;
}

std::string complaint_about_access(const fs::path& folder) {
  const std::string name = shell_quoted(folder.string());
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0)
    return "cannot look at " + folder.string() + ": " + system_message();
  if (!S_ISDIR(status.st_mode)) return folder.string() + " is no folder";
  if (status.st_uid != ::geteuid())
    return folder.string() + " belongs to another user, who could put anything into it (as root: chown -R " +
           std::to_string(::geteuid()) + " " + name + ")";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return "others may write to " + folder.string() + " and put anything into it: rm -r " + name +
           ", or chmod go-w " + name + " when nobody has";
  const fs::path above = fs::absolute(folder).parent_path();
  if (lets_anybody_replace(above))
    return "anybody may replace " + folder.string() + ": chmod o-w " + shell_quoted(above.string());
  return "";
}

bool is_marked(const fs::path& folder) {
  try {
    const auto mark = read_own_file(folder / kMarkName, 4096);
    return mark && mark->starts_with(kMark);
  } catch (const UserError&) {
    return false;
  }
}

/// Or what a process left that died while it wrote the mark.
bool holds_nothing(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (!is_temporary_name(at->path().filename().string())) return false;
  return !error;
}

}  // namespace

std::string claim_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(fs::absolute(folder).parent_path(), error);
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return "cannot make " + folder.string() + ": " + system_message();
  if (const std::string complaint = complaint_about_access(folder); !complaint.empty()) return complaint;
  if (is_marked(folder)) return "";
  const bool empty = holds_nothing(folder);
  // Another process of ours may have made it just now.
  if (is_marked(folder)) return "";
  if (!empty)
    return folder.string() + " is no folder of gemmtune's: it has no " + kMarkName +
           " of ours, and what lies there is left alone";
  try {
    replace_file(folder / kMarkName, std::string(kMark) + kAdvice);
  } catch (const UserError& failed) {
    return failed.what();
  }
  return "";
}

}  // namespace gemmtune::cache
