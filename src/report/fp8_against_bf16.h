// The view that sets each of our winners beside BF16 of the same race: what is gained, and what it costs in
// accuracy.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <string>

namespace gemmtune::report {

/// Times, speed-up and errors of each pair.
Grid fp8_against_bf16(const Report& report, bool for_files);

/// The geometric mean of the speed-ups.
std::string fp8_against_bf16_summary(const Report& report);

}  // namespace gemmtune::report
