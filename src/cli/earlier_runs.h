// What the journal of a folder knows before a sweep goes on in it: rows that are not made again, and kernels
// that are not compiled again.
#pragma once

#include "core/environment.h"
#include "core/journal.h"
#include "core/messages.h"
#include "core/outcome.h"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::cli {

/// Throws UserError where an earlier run that left rows in the folder was on another board, or under another
/// power limit or driver.
void refuse_other_machine(const Journal& journal, const Environment& now, const std::string& folder);

class EarlierRuns {
 public:
  /// `now` is the machine that goes on. What its compiler (its NVRTC) failed to make of the same sources it
  /// would fail to compile again, perhaps by hanging until its deadline. What another compiler, or one with
  /// other sources of that kernel, failed to compile is not known: it is tried once more, and the row of that
  /// attempt replaces the one here. Nor are rows of another board, power limit or driver known.
  EarlierRuns(Journal journal, const Environment& now);

  /// The row with this id, or null.
  const Row* row(const std::string& id) const;

  /// Which of `requests` (of a plan: each holds what the compiler sees and no more) did not compile, by
  /// index, and why.
  std::map<std::size_t, Failure> failures_of(const std::vector<CompileRequest>& requests) const;

 private:
  std::map<std::string, Row> rows_;  // by id
  std::map<std::pair<std::string, Config>, Failure> failures_;
};

}  // namespace gemmtune::cli
