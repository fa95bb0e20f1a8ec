// What a candidate's time is fitted on: the analytic model's, and how far it may be wrong.
#pragma once

#include "core/config.h"
#include "core/problem.h"
#include "launch/gemm_time.h"
#include "model/machine.h"

namespace gemmtune::model {

using launch::kTerms;
using launch::Terms;

/// Of a legal configuration of a GEMM kernel.
Terms terms_of(const SimulatedMachine& machine, const Problem& problem, const Config& config);

}  // namespace gemmtune::model
