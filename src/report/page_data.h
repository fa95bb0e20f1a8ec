// What the page shows, as one compact JSON: columns instead of objects, every text once.
#pragma once

#include "report/source.h"

#include <string>
#include <vector>

namespace gemmtune::report {

/// Rows that a page holds, unless its pictures need more (page_rows.h). Bounds the file to about 1 MB, script
/// included.
inline constexpr std::size_t kMostPageRows = 20000;
/// Rows that a page holds even where its pictures need more: some 6 MB, and 100 MiB while it is written.
inline constexpr std::size_t kMostPictureRows = 100000;

/// Figures of rows have four digits, those of winners and their rivals all. No character of the text ends a
/// script element or begins a comment in HTML.
std::string page_data(const std::vector<Source>& sources);

}  // namespace gemmtune::report
