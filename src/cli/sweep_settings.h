// How much each stage of a sweep measures, from what was asked for.
#pragma once

#include "core/named_policy.h"
#include "tune/tuner.h"

namespace gemmtune::cli {

/// Samples of each stage, as the first named policy has them.
void set_defaults(tune::Settings& settings);

/// What a policy's name says.
void take(const NamedPolicy& policy, tune::Settings& settings);

/// What all policies share is what was asked for the final one.
void follow_final(tune::Settings& settings, bool energy, bool both_regimes = false);

/// Of the M between those that are tuned: a look at ours alone, of which few are raced.
tune::Settings between_anchors(tune::Settings settings);

}  // namespace gemmtune::cli
