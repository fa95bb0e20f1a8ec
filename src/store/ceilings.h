// Measured ceilings on disk (gemmtune.ceilings/1): one file a machine, beside the results that it explains.
#pragma once

#include "core/ceilings.h"

#include <filesystem>
#include <optional>
#include <string>

namespace gemmtune::store {

std::string to_text(const Ceilings& ceilings);

/// Throws UserError with the place for a file that is none, or of another major version.
Ceilings read_ceilings(const std::filesystem::path& path);

/// ceilings.json in the folder of a run, or else in the folder above it, where those of its device lie. Empty
/// when there is none. `results` is that folder or a file in it. Throws as read_ceilings.
std::optional<Ceilings> find_ceilings(const std::filesystem::path& results);

/// The floor of a device's cold reads, from the ceilings that find_ceilings finds; empty where they are of
/// another device.
std::optional<ColdReadFloor> floor_for(const std::filesystem::path& folder, const std::string& device);

/// Whether ceilings still hold for a machine: the same board, driver and program, the same sources of
/// what was timed, and not a day old. `now` as timestamps are written.
bool is_fresh(const Ceilings& ceilings, const Environment& environment, const std::string& now);

}  // namespace gemmtune::store
