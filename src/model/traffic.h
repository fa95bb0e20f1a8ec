// What tiles move between the levels of the memory, beyond what must be moved.
#pragma once

#include "core/config.h"
#include "core/problem.h"

#include <cstdint>
#include <optional>

namespace gemmtune::model {

/// Bytes that SMs ask of the L2, which may serve several of them at once: each tile of the grid loads its
/// rows of A and of B over the whole of K, CTAs of a cluster share what multicast brings to both, and D is
/// stored once, after C was read where it is added to. Scales are left out: less than 2 %. Empty for a kernel
/// whose tiles are not known here, and for a configuration that is not one of its.
std::optional<std::int64_t> l2_bytes(const Problem& problem, const Config& config);

}  // namespace gemmtune::model
