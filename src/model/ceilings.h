// What a simulated machine would answer when its ceilings are measured.
#pragma once

#include "core/ceilings.h"
#include "model/machine.h"

#include <string>
#include <vector>

namespace gemmtune::model {

/// Those of one of kProbes, without noise; empty for a probe that does not exist.
std::vector<Ceiling> ceilings_of(const SimulatedMachine& machine, const std::string& probe);

}  // namespace gemmtune::model
