// `gemmtune export --format bundle`.
#pragma once

#include "core/table.h"

#include <string>

namespace gemmtune::cli {

struct BundleOptions {
  unsigned jobs = 0;   ///< kernels compiled at a time; 0: one a core
  std::string picker;  ///< file of `gemmtune portfolio`: the bundle answers where nobody tuned too
  bool stale = false;  ///< also where kernels or NVRTC changed since the table was measured
};

/// Compiles the winners, or takes them from the cache, writes the bundle into the folder `output`, and prints
/// which M gets which entry. Returns the exit code.
int export_bundle(const Table& table, const std::string& output, const BundleOptions& options);

}  // namespace gemmtune::cli
