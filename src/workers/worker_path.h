// Where the second program, gemmtune-worker, lies.
#pragma once

#include <filesystem>

namespace gemmtune::workers {

/// $GEMMTUNE_WORKER if set; else beside the running program; else in ../libexec/gemmtune, where it is
/// installed. Throws UserError with what was tried and what to do when there is none.
std::filesystem::path find_worker();

/// The same without the environment: `program` is the running program's path.
std::filesystem::path find_worker_near(const std::filesystem::path& program);

}  // namespace gemmtune::workers
