// The table of groups of rows, compiled once for each of its defects.
#pragma once

#include <utility>
#include <vector>

namespace group_tables {

struct Asked {
  int layout = 0;  ///< 1: words are the index of each row, 2: ends of groups, 3: counts
  std::vector<int> words;
  unsigned groups = 0, step = 0, m = 0;
};

/// First and end row of each group.
using Rows = std::vector<std::pair<unsigned, unsigned>>;

Rows with_late_ends(const Asked& asked);
Rows with_rows_of_none(const Asked& asked);
/// Whatever is asked later.
Rows of_first_launch(const Asked& asked);

}  // namespace group_tables
