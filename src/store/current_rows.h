// Which rows of a journal may stand beside its last timed one.
#pragma once

#include "core/journal.h"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace gemmtune::store {

/// Our last row with a time: whose run a table is of. Null where there is none. Those of races back to back,
/// which are beside one in bursts, do not count.
const Row* last_timed(const Journal& journal);

class CurrentRows {
 public:
  /// `last` as last_timed() gives it; the journal must outlive this.
  CurrentRows(const Journal& journal, const Row& last);

  /// The run of the last row; its board is the row's where that names one.
  const RunHeader& machine() const { return machine_; }

  /// Of the runs that tried a candidate in these rows, in their order (core/run.h).
  std::vector<std::string> strategies(const std::vector<const Row*>& rows) const;

  /// Whether a row comes from the board of the table (or one of its kind, of the same plan), under the same
  /// power limit and driver, and its kernel is today's. A run has one of each.
  bool contain(const Row& row);

 private:
  std::map<std::string, const RunHeader*> headers_;
  RunHeader machine_;
  std::unordered_map<std::string, bool> known_;
};

}  // namespace gemmtune::store
