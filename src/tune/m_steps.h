// Where the best configuration of a layer changes over M: which M are tuned first, which are looked at in
// between, and which only judge what came of it. What is asked for follows from the range and from what was
// measured.
#pragma once

#include "core/run.h"
#include "core/tuned_m.h"

#include <cstdint>
#include <span>
#include <vector>

namespace gemmtune::tune {

struct MRange {
  std::int64_t from = 1;
  std::int64_t to = 8192;
};

/// The M between which steps are looked for: as far apart as tiles make it matter, and below 64 where A's
/// last box lacks half of its rows. Both ends are in it.
std::vector<std::int64_t> m_grid(const MRange& range);

/// Anchors are powers of two and both ends; checks are odd, or one above a multiple of 64, and none is in the
/// grid.
MSteps m_steps(const MRange& range);

/// An M to look at, and the configuration from above it that may do there.
struct MAsked {
  std::int64_t m = 0;
  Config above;
};

/// The M to look at next, of one layer of which `tuned` are measured, in ascending order: the middle of each
/// interval, the lowest in it and where boxes lack rows, until the configuration from above it is good enough
/// there and at its lower end. Empty once every step is found. Anchors that are not measured are taken for
/// what cannot be.
std::vector<MAsked> next_ms(const MRange& range, std::span<const TunedM> tuned);

/// What is worth a try at `m`: the winners of the nearest tuned M, two below and two above, then who came
/// behind them, at most `most`.
std::vector<Config> neighbours_of(std::int64_t m, std::span<const TunedM> tuned, std::size_t most);

}  // namespace gemmtune::tune
