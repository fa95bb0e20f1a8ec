// The table of groups of rows, compiled with the defect that a group has a row more than it has.
#pragma once

#include <utility>
#include <vector>

namespace late_groups {

/// First and end row of each group. `layout`: 1 by the index of each row, 2 by their ends, 3 by their counts.
std::vector<std::pair<unsigned, unsigned>> rows_of(int layout, const std::vector<int>& words, unsigned groups,
                                                   unsigned step, unsigned m);

}  // namespace late_groups
