// What a journal holds once it is read (store/journal.h reads and writes them).
#pragma once

#include "core/row.h"
#include "core/run.h"

#include <string>
#include <vector>

namespace gemmtune {

struct Journal {
  std::vector<RunHeader> headers;    ///< by time; the last is the last run
  std::vector<RunEnd> ends;          ///< of the runs that came to their end
  std::vector<Row> rows;             ///< one an id, by time
  std::vector<std::string> damaged;  ///< `journal.jsonl:17: reason`: lines that were skipped
};

}  // namespace gemmtune
