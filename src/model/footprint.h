// What a problem and a configuration occupy.
#pragma once

#include "core/config.h"
#include "core/problem.h"

#include <cstdint>

namespace gemmtune::model {

/// Dynamic shared memory of one CTA.
std::int64_t shared_memory_bytes(const Problem& problem, const Config& config);

/// Operands, output and its FP64 reference on the device.
std::int64_t device_bytes(const Problem& problem);

}  // namespace gemmtune::model
