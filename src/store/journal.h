// The journal on disk (gemmtune.journal/1): JSON Lines, appended to by sweeps, merged by reading several.
#pragma once

#include "core/journal.h"
#include "core/json_fwd.h"
#include "core/ports.h"
#include "util/atomic_file.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gemmtune::store {

/// Writes one line a record, with a checksum; a record that was written outlives this process. A torn last
/// line of an earlier run stays as it is, and the next record starts on a line of its own. What is written
/// can be read: texts above 64 KiB (last words, a command line) are cut, and a record that is too long all
/// the same throws UserError.
class JournalWriter : public RowSink {
 public:
  /// Opens or creates; the folder must exist. Throws UserError when it cannot be written, or when another
  /// process is writing it.
  explicit JournalWriter(const std::filesystem::path& path) : file_(path) {}

  /// The clock may have been set back since the last line of `journal`, or since the last one that was
  /// written here, but what comes after it is later: records get a millisecond more than the last one each
  /// until the clock has passed that.
  void go_on_after(const Journal& journal);

  void write(const Row& row) override;
  void write(const RunHeader& header);
  void write(const RunEnd& end);

 private:
  /// As the record gets it.
  std::string in_order(const std::string& timestamp);
  void append(const Json& record);

  AppendFile file_;
  std::string last_;  ///< timestamp that records must be after
};

/// The union of journals (plain or gzipped), the same in whatever order they are named: of two rows with one
/// id the later timestamp stands, then the greater checksum of the line. Lines that cannot be understood, or
/// whose checksum does not fit, are in `damaged`; record kinds and keys that this version does not know are
/// ignored. Throws UserError for a file that cannot be read or whose schema has another major version.
Journal read_journals(const std::vector<std::filesystem::path>& paths);
Journal read_journal(const std::filesystem::path& path);

/// `path` itself when it is no folder, else the journal in it: journal.jsonl, then journal.jsonl.gz. Throws
/// UserError when there is none.
std::filesystem::path find_journal(const std::filesystem::path& path);

}  // namespace gemmtune::store
