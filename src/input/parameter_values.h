// Values of a kernel's parameters as people write them, in a space file or in `--config`.
#pragma once

#include "core/space_spec.h"
#include "family/family.h"
#include "input/strict_json.h"

#include <map>
#include <string>
#include <vector>

namespace gemmtune::input {

inline constexpr std::size_t kMostValues = 4096;

/// An object of parameters, each a number, a word, a list of these, or {"from", "to", "step"}. Throws
/// UserError for a parameter that the family does not have, a word that it does not know, and more than
/// kMostValues values.
std::map<std::string, std::vector<ParameterValue>> read_parameters(const Node& node,
                                                                   const family::Family& family);

}  // namespace gemmtune::input
