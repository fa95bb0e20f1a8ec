// A folder that is ours alone: what lies in it may be run and removed. It has a mark by which it is known,
// and nobody else can write to it.
#pragma once

#include <filesystem>
#include <string>

namespace gemmtune::cache {

/// Makes `folder`, for its owner alone, and marks it; or finds it so. What is wrong with it otherwise, with
/// the way to mend it; empty when all is well. Nothing of a folder of others is touched.
std::string claim_folder(const std::filesystem::path& folder);

/// The mark: a name and a first line by which programs that make backups leave the folder out, too.
inline constexpr const char* kMarkName = "CACHEDIR.TAG";

}  // namespace gemmtune::cache
