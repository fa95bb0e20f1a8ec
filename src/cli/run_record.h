// Provenance: what a run says about itself before its first row.
#pragma once

#include "core/run.h"

namespace gemmtune::cli {

/// A header with a fresh run_id, the time, this program's command line and version.
RunHeader new_run(Environment environment, const Policy& policy);

}  // namespace gemmtune::cli
