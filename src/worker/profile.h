// `gemmtune-worker profile`: one launch of one configuration for whatever watches this process.
#pragma once

#include "core/messages.h"

namespace gemmtune {

/// Compiles with a line table, launches twice and judges (which warms up), then launches once between
/// cudaProfilerStart and Stop. Never touches CUPTI. Says on stderr what came of it; returns the exit code: 3
/// when the configuration is wrong or fails. Throws what the world does (no memory, no GPU).
int profile(const ProfileRequest& request);

}  // namespace gemmtune
