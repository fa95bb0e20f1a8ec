// The view that sets each of our winners beside BF16 of the same race. Speed alone: the errors in the rows
// are no comparison, since ours leave the rounding of the output out, BF16's do not, and neither is against
// the data before it was quantised.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <string>

namespace gemmtune::report {

/// Times and speed-up of each pair.
Grid fp8_against_bf16(const Report& report, bool for_files);

/// The geometric mean of the speed-ups.
std::string fp8_against_bf16_summary(const Report& report);

}  // namespace gemmtune::report
