// Kernel sources as a profiler wants them: on disk, under the names that stand in a cubin's line table.
#pragma once

#include "util/embedded.h"

#include <filesystem>
#include <vector>

namespace gemmtune::jit {

/// Writes kernel_sources() into a folder of their own below `folder`, named by their hash, and returns it:
/// the same sources have the same names in every run, so that a cubin with a line table can come from the
/// cache. Throws UserError when they cannot be written.
std::filesystem::path keep_sources(const std::filesystem::path& folder);

/// The same sources for NVRTC, each with a #line directive before it: NVRTC would name what it gets in memory
/// after the folder that the process happens to be in. `kept`: from keep_sources().
std::vector<KernelSource> named_as_kept(std::vector<KernelSource> sources, const std::filesystem::path& kept);

}  // namespace gemmtune::jit
