// Which launch `gemmtune profile` is about: one problem, one configuration.
#pragma once

#include "cli/machine.h"
#include "core/environment.h"
#include "profile/command_lines.h"

#include <string>

namespace CLI {
class App;
}

namespace gemmtune::cli {

/// As given on the command line.
struct ProfileSelection {
  std::string problem;
  std::string config;
  std::string table;
};

void add_profile_selection(CLI::App& command, ProfileSelection& selection);

/// Of --problem; without it, that of a table with one entry. Throws UserError when there is none, or a
/// choice.
Problem problem_of(const ProfileSelection& selection);

/// Of --config or of the table, concrete. Throws UserError when it is illegal for the problem.
Config config_of(const ProfileSelection& selection, const Problem& problem, const DeviceLimits& limits);

/// A configuration as --config writes it, the same way.
Config concrete_config(const std::string& text, const Problem& problem, const DeviceLimits& limits);

/// Of the GPU that `worker` sees, asked of another process that does not touch CUPTI: a profiler around us
/// may hold it. Throws UserError (exit 5) when there is no usable GPU.
DeviceLimits limits_under_profiler(workers::Command worker);

}  // namespace gemmtune::cli
