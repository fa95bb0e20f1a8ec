// Which rows of a journal the page holds.
#pragma once

#include "core/journal.h"

#include <cstddef>
#include <vector>

namespace gemmtune::report {

/// All, or, of more than `most`, those without which a picture would lack something: the finalists, and of
/// every problem the fastest screened candidate of each two values of two parameters, so that no cell of a
/// heat map is blank that was measured. Where these are fewer than `most`, the fastest others of each problem
/// in turn.
std::vector<const Row*> page_rows(const Journal& journal, std::size_t most);

}  // namespace gemmtune::report
