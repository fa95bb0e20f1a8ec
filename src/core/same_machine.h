// Whether times of two runs may stand in one table: those of another board, power limit or driver may not.
#pragma once

#include "core/environment.h"

#include <string>
#include <vector>

namespace gemmtune {

/// What differs, as `board GPU-1, now GPU-2`. What either does not know is no difference.
std::vector<std::string> unlike(const Environment& then, const Environment& now);

}  // namespace gemmtune
