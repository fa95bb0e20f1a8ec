// Sentences that the terminal and Markdown share.
#pragma once

#include "report/grid.h"
#include "report/report.h"

#include <string>
#include <utility>
#include <vector>

namespace gemmtune::report {

/// Device, limits, versions and policy in one line.
std::string provenance(const Report& report);

/// What the columns that are shown of the winners and of the means mean, and where carried figures come from.
std::string legend(const Report& report, const Grid& winners, const Grid& means);

/// Names a provider for people: "cuBLASLt, same block scales".
std::string provider_in_words(const std::string& provider);

/// The heading of its ratios in tables: "block".
std::string provider_heading(const std::string& provider);

/// How near the winners come to their roofs, as the column "roof %" says of each where it is shown, and where
/// the roofs come from. Empty when nothing is known.
std::string roofline_summary(const Report& report, bool column_is_shown = true);

/// One line a figure that lies above a roof, which cannot be, and one for counters that are below what the
/// problem makes necessary.
std::vector<std::string> accounting_errors(const Report& report);

/// The phases of the sweep with their seconds, the longest first.
std::vector<std::pair<std::string, double>> phases(const Report& report);

/// What the winners' energy says of a board at its power limit; empty where no energy was measured, or the
/// limit is not known.
std::string energy(const Report& report);

/// How many entries answer for every M, and what they lose at the M that were in no tuning; empty of another
/// table.
std::string steps(const Report& report);

/// `measuring 12.0 s (34 %)`, the longest phase first; then what the GPU did meanwhile, where that is known.
std::vector<std::string> wall_time(const Report& report);

/// What the GPU did meanwhile; empty when it is not known.
std::string gpu_use(const GpuUse& gpu);

/// One line a group: how many, and an example.
std::vector<std::string> failures(const Report& report);

std::vector<std::string> unsupported(const Report& report);

/// How many configurations each constraint ruled out.
std::vector<std::string> pruned(const Report& report);

inline const char* const kSimulatedNotice =
    "SIMULATED: every figure here comes from a model of the device, none was measured.";

}  // namespace gemmtune::report
