// `gemmtune-worker profile` and `describe`: what this program does for whoever watches the process, instead
// of serving requests. Neither touches CUPTI, which belongs to the profiler.
#pragma once

#include "core/messages.h"

namespace gemmtune {

/// Compiles with a line table, launches twice and judges (which warms up), then launches once between
/// cudaProfilerStart and Stop. Says on stderr what came of it; returns the exit code: 3 when the
/// configuration is wrong or fails. Throws UserError for no usable GPU (exit 5) and for an illegal
/// configuration.
int profile(const ProfileRequest& request);

/// The device's part of an Environment, as JSON on stdout; `sms` is 0 without a usable GPU.
int describe_alone();

}  // namespace gemmtune
