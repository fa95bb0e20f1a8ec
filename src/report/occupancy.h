// The view of what each winner occupies of an SM.
#pragma once

#include "report/grid.h"
#include "report/report.h"

namespace gemmtune::report {

/// Registers, shared memory, CTAs. Winners whose rows do not say are left out.
Grid occupancy(const Report& report, bool for_files);

}  // namespace gemmtune::report
