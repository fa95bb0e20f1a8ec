// --counters: the GPU's own counters beside the figures.
#pragma once

#include "cli/command.h"
#include "core/ports.h"

namespace gemmtune::cli {

/// `of_what`: whose counters are read ("each winner").
Option& add_counters_option(Command& command, bool& counters, const char* of_what);

/// Whether `device` can read its counters. Where it cannot, or not all of them, stderr says why and what to
/// do; that ends no command: the times are worth as much without them.
bool can_count(Worker& device);

}  // namespace gemmtune::cli
