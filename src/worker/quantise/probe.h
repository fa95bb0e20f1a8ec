// What becomes of a "quantise" request: every bit is right, or nothing is timed.
#pragma once

#include "core/messages.h"
#include "worker/ceilings/probe.h"

namespace gemmtune::quantise {

/// What differs is a Failure `correctness`. Throws GpuError. Of `bench`, the defect is one of
/// kernels/quantise/defect.cuh.
Outcome<QuantiseReport> measure(const QuantiseRequest& request, const ceilings::Bench& bench);

}  // namespace gemmtune::quantise
