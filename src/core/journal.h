// What a journal holds once it is read (store/journal.h reads and writes them).
#pragma once

#include "core/row.h"
#include "core/run.h"

#include <cstddef>
#include <string>
#include <vector>

namespace gemmtune {

struct Journal {
  std::vector<RunHeader> headers;    ///< by time; the last is the last run
  std::vector<RunEnd> ends;          ///< of the runs that came to their end
  std::vector<Row> rows;             ///< one an id, by time
  std::vector<std::string> damaged;  ///< `journal.jsonl:17: reason`: lines that were skipped
  /// Lines without a checksum, of revisions that wrote none: a changed bit in them would not be noticed.
  std::size_t unchecked = 0;
};

}  // namespace gemmtune
