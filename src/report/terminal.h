// The report for a terminal: aligned columns, plain text.
#pragma once

#include "report/grid.h"
#include "report/report.h"
#include "report/screen.h"

#include <cstddef>
#include <string>

namespace gemmtune::report {

/// Where a table would be wider than the screen, its least important columns are left out; a wide screen has
/// those that files of Markdown have.
std::string terminal(const Report& report, const Screen& screen = {});

/// Breaks at blanks, and after a comma what is too long for a line (a configuration is); lines after the
/// first are indented by two more than the first.
std::string wrapped(const std::string& text, std::size_t indent = 0, const Screen& screen = {});

/// Header, then one line a row; columns two blanks apart.
std::string aligned(const Grid& grid, const Screen& screen = {});

}  // namespace gemmtune::report
