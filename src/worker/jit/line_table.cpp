#include "worker/jit/line_table.h"

#include "cache/own_folder.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <system_error>

namespace gemmtune::jit {

namespace fs = std::filesystem;

fs::path keep_sources(const fs::path& folder) {
  const fs::path kept = fs::absolute(folder) / ("kernels-" + kernels_hash().substr(0, 16));
  // Another user may have made it before, with links to files of ours in it.
  if (const std::string complaint = cache::claim_folder(kept); !complaint.empty()) throw UserError(complaint);
  for (const KernelSource& source : kernel_sources()) {
    const fs::path path = kept / source.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) throw UserError("cannot make " + path.parent_path().string() + ": " + error.message());
    write_file_atomic(path, source.bytes);
  }
  return kept;
}

std::vector<KernelSource> named_as_kept(std::vector<KernelSource> sources, const fs::path& kept) {
  for (KernelSource& source : sources)
    source.bytes = "#line 1 \"" + (kept / source.path).string() + "\"\n" + source.bytes;
  return sources;
}

}  // namespace gemmtune::jit
