// Flags that decide how a figure is made.
#pragma once

#include "core/policy.h"

namespace CLI {
class App;
}

namespace gemmtune::cli {

/// --l2, --timer, --samples and --seed, with the policy's values as defaults.
void add_policy_options(CLI::App& command, Policy& policy);

/// --seed alone.
void add_seed_option(CLI::App& command, Policy& policy);

}  // namespace gemmtune::cli
