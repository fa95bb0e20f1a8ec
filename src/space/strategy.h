// In which order candidates are tried.
#pragma once

#include "core/config.h"

#include <cstdint>
#include <vector>

namespace gemmtune::space {

/// Seed 0 keeps the order of enumeration. Any other shuffles, the same way on every machine.
std::vector<Config> order(std::vector<Config> candidates, std::uint64_t seed);

}  // namespace gemmtune::space
