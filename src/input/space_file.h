// Search spaces, gemmtune.space/1: which values of a kernel's parameters to try.
#pragma once

#include "core/space_spec.h"

#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::input {

/// Of all parameters together, before legality.
inline constexpr std::int64_t kMostCombinations = 1'000'000;

/// Reads a file, or the built-in space of that name. A parameter that is not in it takes the default space's
/// values. Throws UserError with file and JSON pointer.
SpaceSpec read_space(const std::string& path_or_name);

/// What is searched without `--space`: the built-in space named like the kernel.
SpaceSpec default_space(std::string_view kernel);

/// Every space that travels in the program, sorted by name; `source` is that name.
std::vector<SpaceSpec> builtin_spaces();

/// Number of combinations, legal or not.
std::int64_t combinations(const SpaceSpec& space);

}  // namespace gemmtune::input
