// What a journal holds on each problem of the table, for the formats that list every configuration.
#pragma once

#include "export/source.h"

#include <string>
#include <vector>

namespace gemmtune::exports {

struct Candidates {
  const TableEntry* entry = nullptr;
  const Row* winner = nullptr;     ///< the row that the entry is of
  std::vector<const Row*> rows;    ///< ours, failures too; one a configuration, in the order of time
  std::vector<const Row*> rivals;  ///< the libraries' answers in the winner's race
};

/// For each entry of the table, in its order. Rows on another device, of other kernels, with another L2
/// state, timer or regime are left out, as the table leaves them out. A configuration's row is that of the
/// furthest stage that it came to, there the last.
std::vector<Candidates> candidates_of(const Source& source);

/// A file name that says which problem it is of: dense_1d2d-m64-n2112-k7168; by its id where that is too
/// long.
std::string file_stem(const Problem& problem);

/// `dense_1d2d`, or `dense_1d2d:out=fp32`: all of a problem but its sizes.
std::string kernel_and_form(const Problem& problem);

}  // namespace gemmtune::exports
