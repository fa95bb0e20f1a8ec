// The enumerations of many problems, made on all cores and handed over one by one.
#pragma once

#include "space/enumerate.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace gemmtune::space {

/// Calls `take` on this thread with the index of a problem and its enumeration, in the order of the problems;
/// only a few of them wait to be taken. `spaces` are those of each kernel, `cores` 0 all that there are.
/// Throws what enumerate throws.
void enumerate_all(std::span<const Problem> problems,
                   const std::map<std::string, std::vector<SpaceSpec>>& spaces, const DeviceLimits& limits,
                   const std::function<void(std::size_t, Enumeration)>& take, unsigned cores = 0);

}  // namespace gemmtune::space
