// Which answers of the libraries are to stand beside the configurations.
#pragma once

#include "core/row.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace gemmtune {

/// By provider, numbers of answers; none of them: every answer. A provider that is not there is left out.
using BaselineChoice = std::map<std::string, std::set<std::int64_t>>;

inline BaselineChoice all_baselines() {
  return {{provider::kCublasLtBlock, {}}, {provider::kCublasLtTensor, {}}, {provider::kCublasBf16, {}}};
}

}  // namespace gemmtune
