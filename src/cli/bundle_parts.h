// What a bundle is made of, from the worker and from the installation.
#pragma once

#include "core/messages.h"
#include "core/table.h"
#include "export/bundle.h"

#include <atomic>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// The cubin of each entry, from the cache or compiled with `jobs` workers (0: one a core); needs no GPU.
/// Fewer after `stop`. Throws UserError for what does not compile, and when no cache can be written.
std::vector<exports::BundleCubin> compile_entries(const Table& table, unsigned jobs,
                                                  const std::atomic<bool>& stop);

/// The cubin that a worker has compiled, out of the cache. Throws UserError where none is kept.
exports::BundleCubin read_cubin(const CompileReport& report);

/// The bytes of libgemmtune.so, which lies beside this program or in ../lib. Throws UserError.
std::string find_library();

}  // namespace gemmtune::cli
