// Measured ceilings as a table.
#pragma once

#include "core/ceilings.h"
#include "report/grid.h"

namespace gemmtune::report {

/// One row a figure. For people as few digits as the figure is good for, and no column that is empty.
Grid ceilings_grid(const Ceilings& ceilings, bool for_people);

}  // namespace gemmtune::report
