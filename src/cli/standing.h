// The word on a table where one is read: FRESH, RE-VALIDATE or STALE (core/freshness).
#pragma once

#include "core/freshness.h"
#include "tune/sweep_plan.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::cli {

/// What this program knows of itself without a worker: which kernels it holds.
Environment this_build();

/// Says on stderr what the table's times depend on and is otherwise now; nothing of a fresh one.
void warn_unless_fresh(const std::string& path, const Table& table, const Environment& now,
                       std::string_view policy = {}, std::span<const CubinNow> cubins = {});

/// What the table's entries compile to, as far as they are candidates of the plan. Waits for those; for none
/// where the table knows no machine code to compare with.
std::vector<CubinNow> cubins_now(const Table& table, const tune::SweepPlan& plan, const tune::Cubins& cubins);

/// Says on stderr which of the table's kernels have another text and the same machine code; nothing if none.
void say_same_code(const std::string& path, const Standing& standing);

}  // namespace gemmtune::cli
