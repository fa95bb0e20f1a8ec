// What the log of a compilation says: resources, and the sentences that make a cubin a failed candidate.
#pragma once

#include "cache/artefact.h"

#include <string>
#include <string_view>

namespace gemmtune::jit {

/// From ptxas --verbose; the largest figure of all functions.
cache::ResourceUsage parse_usage(std::string_view log);

/// Why a cubin that compiled must not be measured: it spills registers, or ptxas serialised its wgmma
/// pipeline or ignored its setmaxnreg. Empty when there is nothing to say.
std::string objection(const cache::ResourceUsage& usage, std::string_view log);

/// The first errors of a compilation that failed, on one line; the whole log when it names none.
std::string first_errors(std::string_view log);

}  // namespace gemmtune::jit
