#include "space/strategy.h"

#include <random>
#include <utility>

namespace gemmtune::space {

// Fisher-Yates by hand: what std::shuffle does with a generator differs between standard libraries. The bias
// of the remainder is below 2^-40 for any number of candidates that there can be.
std::vector<Config> order(std::vector<Config> candidates, std::uint64_t seed) {
  if (seed == 0) return candidates;
  std::mt19937_64 random(seed);
  for (std::size_t left = candidates.size(); left > 1; --left)
    std::swap(candidates[left - 1], candidates[random() % left]);
  return candidates;
}

}  // namespace gemmtune::space
