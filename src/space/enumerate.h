// A search space for one problem on one device: which configurations are legal, and why the others are not.
#pragma once

#include "core/config.h"
#include "core/environment.h"
#include "core/problem.h"
#include "core/space_spec.h"
#include "family/family.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::space {

/// The first configuration that broke a constraint, with the family's sentence about it. A word that stands
/// for no number there ("max" where nothing fits) is 0 in `config`.
struct Example {
  Config config;
  std::string sentence;
};

struct Enumeration {
  std::vector<Config> candidates;  ///< different from each other
  /// For each candidate the first of a row of neighbours that differ in launch arguments alone: they share a
  /// cubin, perhaps also with others.
  std::vector<std::size_t> built_as;
  std::map<std::string, std::int64_t> pruned;  ///< combinations left out, by constraint
  std::map<std::string, Example> examples;     ///< one for each constraint in `pruned`
  std::optional<family::Violation>
      unsupported;  ///< the kernel cannot compute the problem: no candidates at all

  std::int64_t pruned_total() const;
  /// Cubins that the candidates need: those that differ in a launch argument alone share one.
  std::vector<Config> cubins(const family::Family& family, const Problem& problem) const;
};

/// Every combination of the space's values, in the order of the family's parameters with the last varying
/// fastest, but for what is illegal or, in a space that was not given by hand, a waste. Words become numbers
/// here; combinations that are equal then count once, but those of a tile that is left out as often as they
/// are. The space must be of the problem's kernel and name every parameter.
Enumeration enumerate(const SpaceSpec& space, const Problem& problem, const DeviceLimits& limits);

/// One space after the other; what an earlier one has does not count again.
Enumeration enumerate(const std::vector<SpaceSpec>& spaces, const Problem& problem,
                      const DeviceLimits& limits);

}  // namespace gemmtune::space
