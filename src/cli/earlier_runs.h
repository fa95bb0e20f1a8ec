// What the journal of a folder knows before a sweep goes on in it: rows that are not made again, and kernels
// that are not compiled again.
#pragma once

#include "core/journal.h"
#include "core/messages.h"
#include "core/outcome.h"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::cli {

/// Throws UserError where an earlier run that left rows in the folder was on another board, or under another
/// power limit or driver; parts of one plan may be of several boards of one kind.
void refuse_other_machine(const Journal& journal, const RunHeader& now, const std::string& folder);

class EarlierRuns {
 public:
  /// `now` is the run that goes on, on any of its boards. What its compiler (its NVRTC) failed to make of the
  /// same sources it would fail to compile again, perhaps by hanging until its deadline. What another
  /// compiler, or one with other sources of that kernel, failed to compile is not known: it is tried once
  /// more, and the row of that attempt replaces the one here. Nor are rows of another board, power limit or
  /// driver known.
  EarlierRuns(Journal journal, const RunHeader& now);

  /// The row with this id, or null, as the board `uuid` may use it: no screening crosses boards, so of a
  /// problem that another one has begun and not yet raced it knows failures alone. Empty: any row.
  const Row* row(const std::string& id, const std::string& uuid = "") const;

  /// The board that has begun this problem (by id) and not yet raced it; empty where there is none.
  std::string begun_by(const std::string& problem) const;

  /// Which of `requests` (of a plan: each holds what the compiler sees and no more) did not compile, by
  /// index, and why.
  std::map<std::size_t, Failure> failures_of(const std::vector<CompileRequest>& requests) const;

 private:
  void note_board(const Row& row);

  std::map<std::string, Row> rows_;                      // by id
  std::map<std::string, std::string> last_board_;        // by problem: of its last timed row
  std::set<std::pair<std::string, std::string>> raced_;  // problem and board
  std::map<std::pair<std::string, Config>, Failure> failures_;
};

}  // namespace gemmtune::cli
