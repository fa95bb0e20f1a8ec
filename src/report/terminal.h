// The report for a terminal: aligned columns, plain text.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <cstddef>
#include <string>

namespace gemmtune::report {

/// 80 columns: where a table would be wider, its least important columns are left out.
std::string terminal(const Report& report);

/// Breaks at blanks, and after a comma what is too long for a line (a configuration is); lines after the
/// first are indented by two more than the first.
std::string wrapped(const std::string& text, std::size_t indent = 0);

/// Header, then one line a row; columns two blanks apart.
std::string aligned(const Grid& grid);

}  // namespace gemmtune::report
