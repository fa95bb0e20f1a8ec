// A search space as its file says it: for each parameter the values to try, numbers or words ("max", "all").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace gemmtune {

/// A number, or a word that the kernel's family turns into one for a given problem and device.
using ParameterValue = std::variant<std::int64_t, std::string>;

struct SpaceSpec {
  std::string source;  ///< file it came from, for messages
  std::string kernel;
  std::map<std::string, std::vector<ParameterValue>> parameters;
  bool given = false;  ///< asked for by hand: what is legal stays, though it may be a waste
};

}  // namespace gemmtune
