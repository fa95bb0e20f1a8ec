// The lines of a journal as they are, without what they say: for programs that hand on ten million of them.
#pragma once

#include "store/line_reader.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::store {

/// As std::string_view::find, which compares at each quote of the line: with it a merge of 10^6 rows in 100
/// gzipped journals took 10.2 CPU s, not 7.4 (in turns, four of each).
std::size_t place_of(std::string_view line, std::string_view part, std::size_t from = 0);

/// The text of a member whose value is one, in a line that gemmtune wrote; empty where it is not there. Of
/// the line's own and of nested members of that name the last counts.
std::string_view last_text_of(std::string_view line, std::string_view name);

/// The same of the first.
std::string_view first_text_of(std::string_view line, std::string_view name);

class JournalLines {
 public:
  /// Throws UserError when the file cannot be opened.
  explicit JournalLines(const std::filesystem::path& path);

  /// Goes to the next whole line; false at the end. Those that have changed since they were written, or are
  /// cut short, go to `damaged`.
  bool next(std::vector<std::string>& damaged);

  const std::filesystem::path& path() const { return path_; }
  std::size_t number() const { return reader_.number(); }
  const std::string& text() const { return text_; }
  std::string_view timestamp() const { return last_text_of(text_, "timestamp"); }
  /// "row", "run", "end", or what a later version has.
  std::string_view record() const { return first_text_of(text_, "record"); }

 private:
  std::string complaint(LineReader::Status status);

  std::filesystem::path path_;
  LineReader reader_;
  std::string text_;
  std::string checked_run_;  ///< the last one whose lines have checksums
};

}  // namespace gemmtune::store
