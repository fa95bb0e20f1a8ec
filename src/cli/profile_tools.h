// NVIDIA's tools around `gemmtune profile`: found or complained of, run, their reports read.
#pragma once

#include "profile/command_lines.h"
#include "profile/counters.h"

#include <filesystem>
#include <string>

namespace gemmtune::cli {

/// The line that makes the same launch again with this very program.
profile::CommandLine again(const profile::Target& target);

/// In `folder`, which is made, and without an extension: ncu and nsys add theirs.
std::filesystem::path report_path(const std::string& folder, const profile::Target& target);

/// Its path. Throws UserError with where it comes from when it is not here.
std::string require_tool(const std::string& name);

/// Its path, or its name alone: what is not installed here may be elsewhere.
std::string tool_or_name(const std::string& name);

/// Profiles with ncu, keeps the report and reads it. Throws UserError when there is none: exit 3 or 5 if that
/// is how the program below ncu ended.
profile::Counters collect(const std::string& ncu, const std::filesystem::path& report,
                          const profile::Target& target);

/// Of a report that was kept. Throws UserError when there is none.
profile::Counters read_report(const std::string& ncu, const std::filesystem::path& file);

}  // namespace gemmtune::cli
