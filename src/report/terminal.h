// The report for a terminal: aligned columns, plain text.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <string>

namespace gemmtune::report {

std::string terminal(const Report& report);

/// Header, then one line a row; columns two blanks apart.
std::string aligned(const Grid& grid);

}  // namespace gemmtune::report
