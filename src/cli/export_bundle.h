// `gemmtune export --format bundle`.
#pragma once

#include "core/table.h"

#include <string>

namespace gemmtune::cli {

struct BundleOptions {
  unsigned jobs = 0;   ///< kernels compiled at a time; 0: one a core
  std::string picker;  ///< file of `gemmtune portfolio`: the bundle answers where nobody tuned too
  bool stale = false;  ///< also where winners are other machine code than was measured
};

/// `source` is what the table was read from. Compiles the winners, or takes them from the cache, writes the
/// bundle into the folder `output`, and prints which M gets which entry. Returns the exit code.
int export_bundle(const std::string& source, const Table& table, const std::string& output,
                  const BundleOptions& options);

}  // namespace gemmtune::cli
