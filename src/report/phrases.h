// Sentences that the terminal and Markdown share.
#pragma once

#include "report/report.h"

#include <string>
#include <vector>

namespace gemmtune::report {

/// Device, limits, versions and policy in one line.
std::string provenance(const Report& report);

/// What the ratio columns mean, and where carried figures come from.
std::string legend(const Report& report);

/// What the winners' energy says of a board at its power limit; empty where no energy was measured, or the
/// limit is not known.
std::string energy(const Report& report);

/// `measuring 12.0 s (34 %)`, the longest phase first; then what the GPU did meanwhile, where that is known.
std::vector<std::string> wall_time(const Report& report);

/// One line a group: how many, and an example.
std::vector<std::string> failures(const Report& report);

std::vector<std::string> unsupported(const Report& report);

/// How many configurations each constraint ruled out.
std::vector<std::string> pruned(const Report& report);

inline const char* const kSimulatedNotice =
    "SIMULATED: every figure here comes from a model of the device, none was measured.";

}  // namespace gemmtune::report
