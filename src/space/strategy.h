// In which order candidates are tried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gemmtune::space {

/// The indices of so many candidates. Seed 0 keeps the order of enumeration. Any other shuffles, the same way
/// on every machine.
std::vector<std::size_t> order(std::size_t candidates, std::uint64_t seed);

}  // namespace gemmtune::space
