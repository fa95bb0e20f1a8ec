// Search spaces, gemmtune.space/1: which values of a kernel's parameters to try.
#pragma once

#include "core/space_spec.h"

#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::input {

/// Of all parameters of a space together, before legality.
inline constexpr std::int64_t kMostCombinations = 1'000'000;

/// Reads a file, or the built-in one of that name: one space or several, of one kernel or several. A
/// parameter that a space does not name takes the values of the kernel's default spaces. Throws UserError
/// with file and JSON pointer.
std::vector<SpaceSpec> read_spaces(const std::string& path_or_name);

/// What is searched without `--space`: the built-in spaces named like the kernel.
std::vector<SpaceSpec> default_spaces(std::string_view kernel);

/// Every space that travels in the program, sorted by name; `source` is that name.
std::vector<SpaceSpec> builtin_spaces();

/// Number of combinations, legal or not.
std::int64_t combinations(const SpaceSpec& space);

}  // namespace gemmtune::input
