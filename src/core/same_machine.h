// Whether times of two runs may stand in one table: those of another board, power limit or driver may not.
#pragma once

#include "core/environment.h"
#include "core/run.h"

#include <string>
#include <vector>

namespace gemmtune {

/// What differs, as `board GPU-1, now GPU-2`. What either does not know is no difference.
std::vector<std::string> unlike(const Environment& then, const Environment& now);

/// The same of two runs: parts of one plan may be of several boards, as long as these are of one kind.
std::vector<std::string> unlike(const RunHeader& then, const RunHeader& now);

/// What tells two kinds of boards apart: model, SMs, memory, power limit, clock, driver. Of two boards of one
/// kind nothing.
std::vector<std::string> unlike_kinds(const Environment& then, const Environment& now);

}  // namespace gemmtune
