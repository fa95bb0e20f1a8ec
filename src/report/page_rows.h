// Which rows of a journal the page holds.
#pragma once

#include "core/journal.h"

#include <cstddef>
#include <vector>

namespace gemmtune::report {

struct PageLimits {
  std::size_t rows;          ///< that a page holds where its pictures do not need more
  std::size_t picture_rows;  ///< that it holds at most, whatever they need
};

/// All, or, of more than `rows`, those without which a picture would lack something: the finalists, and of
/// every problem the fastest screened candidate of each two values of two parameters, so that no cell of a
/// heat map is blank that was measured. Where these are fewer than `rows`, the fastest others of each problem
/// in turn; where they are more than `picture_rows`, the finalists first, then the fastest of each problem in
/// turn.
std::vector<const Row*> page_rows(const Journal& journal, const PageLimits& limits);

}  // namespace gemmtune::report
