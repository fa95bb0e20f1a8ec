#include "workers/worker_path.h"

#include "util/error.h"
#include "util/text.h"

#include <cstdlib>
#include <string>
#include <unistd.h>

namespace gemmtune::workers {

namespace fs = std::filesystem;

namespace {

constexpr const char* kName = "gemmtune-worker";

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

fs::path find_worker() {
  if (const char* const chosen = std::getenv("GEMMTUNE_WORKER"); chosen != nullptr && *chosen != '\0') {
    if (is_program(chosen)) return chosen;
    throw UserError("GEMMTUNE_WORKER: \"" + printable(chosen) +
                    "\" is not a program; set it to the path of gemmtune-worker, or unset it to use the one "
                    "that was built with gemmtune");
  }
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  ensure(!error, "cannot read /proc/self/exe: " + error.message());
  return find_worker_near(self);
}

fs::path find_worker_near(const fs::path& program) {
  const fs::path beside = program.parent_path() / kName;
  const fs::path installed = program.parent_path().parent_path() / "libexec" / "gemmtune" / kName;
  for (const fs::path& path : {beside, installed})
    if (is_program(path)) return path;
  throw UserError("no gemmtune-worker, the program that compiles and runs kernels: neither " +
                  beside.string() + " nor " + installed.string() +
                  " exists; build it (cmake with -DGEMMTUNE_WORKER=ON needs a CUDA toolkit; scripts/setup "
                  "fetches one), or set GEMMTUNE_WORKER to its path");
}

}  // namespace gemmtune::workers
