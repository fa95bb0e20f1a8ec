// The view that sets each of our FP8 winners beside BF16: cuBLAS in the same race, and the winner of our own
// BF16 kernel where the folder has swept it. Errors are those of `gemmtune accuracy`, against the product of
// the data before it was quantised; the gates' figures in the rows are no comparison, since ours leave the
// rounding of the output out, BF16's do not, and both are against the dequantised operands.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <string>

namespace gemmtune::report {

/// Times of each pair, the speed-up over the faster BF16, and what both cost in accuracy.
Grid fp8_against_bf16(const Report& report, bool for_files);

/// The geometric mean of the speed-ups.
std::string fp8_against_bf16_summary(const Report& report);

}  // namespace gemmtune::report
