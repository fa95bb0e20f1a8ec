// Whether what a folder holds of earlier runs is what --resume is to go on with.
#pragma once

#include "core/journal.h"
#include "core/policy.h"
#include "tune/sweep_plan.h"

#include <filesystem>
#include <string>

namespace gemmtune::cli {

/// The run that goes on.
struct Resumption {
  std::string folder;  ///< for messages
  std::string device;
  Policy screening;
  Policy final;
};

/// The strategy of the last sweep that wrote into this journal; empty where there is none.
std::string strategy_before(const std::filesystem::path& journal);

/// Throws UserError where the journal has candidates of these problems and none of them counts, because they
/// were judged on another device or under another policy: all would be measured again. Warns where the plan
/// has other candidates than the journal's runs had, or races the winners under another policy.
void check_resumption(const tune::SweepPlan& plan, const Journal& journal, const Resumption& now);

}  // namespace gemmtune::cli
