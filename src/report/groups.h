// The view that sets our grouped kernels beside other ways to the same products: one dense launch a group,
// and all groups padded to the largest, as one batch. Neither is ever a winner.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <string>

namespace gemmtune::report {

/// Times of each, ours first, the speed-up over them, and the rows that padding costs.
Grid grouped_beside_others(const Report& report, bool for_files);

/// The geometric means of the speed-ups, and which of them need the sizes on the host.
std::string grouped_beside_others_summary(const Report& report);

}  // namespace gemmtune::report
