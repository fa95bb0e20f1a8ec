// The view of what the GPU counted over each winner, beside what its problem makes necessary.
#pragma once

#include "report/grid.h"
#include "report/report.h"

namespace gemmtune::report {

/// Winners whose counters were read.
Grid counted(const Report& report, bool for_files);

}  // namespace gemmtune::report
