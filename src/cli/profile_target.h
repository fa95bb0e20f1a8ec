// Which launch `gemmtune profile` is about: one problem, one configuration.
#pragma once

#include "cli/command.h"
#include "cli/machine.h"
#include "core/environment.h"
#include "profile/command_lines.h"

#include <functional>
#include <string>

namespace gemmtune::cli {

/// As given on the command line.
struct ProfileSelection {
  std::string problem;
  std::string config;
  std::string table;
};

void add_profile_selection(Command& command, ProfileSelection& selection);

/// Of --problem; without it, that of a table with one entry. Throws UserError when there is none, or a
/// choice.
Problem problem_of(const ProfileSelection& selection);

/// Asked only where a configuration has words ("max", "all") for numbers of the device.
using AskLimits = std::function<DeviceLimits()>;

/// Of --config or of the table, concrete. Throws UserError when there is none. One in numbers is not checked:
/// the process that launches does it.
Config config_of(const ProfileSelection& selection, const Problem& problem, const AskLimits& limits);

/// A configuration as --config writes it, the same way.
Config concrete_config(const std::string& text, const Problem& problem, const AskLimits& limits);

/// Of the GPU that `worker` sees, from a process of its own that does not touch CUPTI and ends by itself: a
/// profiler around us watches it too. Throws UserError (exit 5) when there is no usable GPU.
DeviceLimits limits_under_profiler(const workers::Command& worker);

}  // namespace gemmtune::cli
