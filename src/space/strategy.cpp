#include "space/strategy.h"

#include <numeric>
#include <random>
#include <utility>

namespace gemmtune::space {

// Fisher-Yates by hand: what std::shuffle does with a generator differs between standard libraries. The bias
// of the remainder is below 2^-40 for any number of candidates that there can be.
std::vector<std::size_t> order(std::size_t candidates, std::uint64_t seed) {
  std::vector<std::size_t> indices(candidates);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  if (seed == 0) return indices;
  std::mt19937_64 random(seed);
  for (std::size_t left = candidates; left > 1; --left)
    std::swap(indices[left - 1], indices[random() % left]);
  return indices;
}

}  // namespace gemmtune::space
