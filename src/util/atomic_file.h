// Whole files that appear at once or not at all, and files that only grow by whole lines.
#pragma once

#include "util/sink.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gemmtune {

/// Readers see the old bytes or the new ones, never a part: written beside `path` under another name, synced,
/// renamed. A link is followed; what is no regular file (/dev/stdout, a pipe) is written in place. Throws
/// UserError with the path and what the system said (full disk, read-only folder); nothing is left behind
/// then.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);
void write_file_atomic(const std::filesystem::path& path, const Pieces& pieces);

/// The same for a file that only this user may read and write: whatever lies at `path`, a link or a pipe, is
/// replaced and not written to.
void replace_file(const std::filesystem::path& path, std::string_view bytes);

/// Whether a file of that name was to become one of the above, and was left by a process that died.
bool is_temporary_name(std::string_view name);

/// Removes those in `folder` whose writer, a process of this host, is gone.
void remove_left_temporaries(const std::filesystem::path& folder);

/// A regular file, no link, that belongs to this user and that nobody else may write; empty when it is
/// anything else. Never waits. Throws UserError when it cannot be read or is larger than `most_bytes`.
std::optional<std::string> read_own_file(const std::filesystem::path& path, std::size_t most_bytes);

/// Throws UserError when there is no such file, when it is a folder, or when it is larger than `most_bytes`.
std::string read_file(const std::filesystem::path& path, std::size_t most_bytes = std::size_t{1} << 30);

/// Appends lines, each with one write(2), so that a process that dies leaves whole lines; synced to disk
/// once a second and at the end, so that a machine that dies loses about a second. Locked while open: one
/// writer at a time.
class AppendFile {
 public:
  /// Creates the file where there is none. Throws UserError when it cannot be written, or when another
  /// process is writing it.
  explicit AppendFile(const std::filesystem::path& path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;  // the lock belongs to one object
  AppendFile& operator=(const AppendFile&) = delete;

  /// `line` without its newline. Once this returns the line outlives this process. Throws UserError when it
  /// cannot be written; a part of it may be in the file then, and the next line starts on a line of its own.
  void append_line(std::string_view line);

 private:
  void sync();

  std::filesystem::path path_;
  int fd_ = -1;
  bool mid_line_ = false;  ///< the file ends inside a line
  std::chrono::steady_clock::time_point synced_at_;
};

}  // namespace gemmtune
