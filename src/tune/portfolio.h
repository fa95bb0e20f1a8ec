// Few cubins for many problems: chosen greedily out of what sweeps recorded. Cubins know nothing of N and K,
// so that one serves problems that nobody tuned it for.
#pragma once

#include "tune/replay.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gemmtune::tune {

struct Cubin {
  std::string kernel;
  Config compiled;  ///< what the compiler sees

  bool operator==(const Cubin&) const = default;
};

/// Of each problem what it loses with each cubin: the time of the fastest launch that was recorded over the
/// least of the final race, less 1, not below 0; nothing where the cubin was not measured there, which counts
/// as no cover.
struct Losses {
  std::vector<Cubin> cubins;
  std::vector<std::vector<std::optional<double>>> of;         ///< [problem][cubin]
  std::vector<std::vector<std::optional<std::size_t>>> best;  ///< the candidate of that launch
};

Losses losses_of(std::span<const Recorded> problems);

/// What each problem counts, 1 on the mean, by the number of its layer: layers alike, and those of one layer.
/// NOTES: of dsv3, unseen and 20 to 60 more M of dsv3's six layers a loader's picks lost, of each layer left
/// out, 3.05 % (12.7 at p95) where problems counted alike and 2.95 (11.7) now; of dsv3 and unseen 2.49 (8.2)
/// and 2.20 (6.3). On 16 layers in no fit 2.47 (11.2) and 1.76 (6.7): more M of six layers had made it worse.
/// Of sweeps of 2026-11-25 that are not kept, but for dsv3.
std::vector<double> shares_of(std::span<const std::size_t> layers);

/// What a problem counts that no cubin chosen covers: as one that takes twice as long.
inline constexpr double kNotCovered = 1.0;

/// At most so many cubins in the order in which they were chosen: each time that which takes most off the
/// mean logarithm of time, problems by their weight. Fewer where no further one helps. Problems with weight 0
/// do not count.
std::vector<std::size_t> greedy_cover(const Losses& losses, std::span<const double> weights,
                                      std::size_t most);

/// The least loss of each problem among these cubins; nothing where none of them was measured there.
std::vector<std::optional<double>> covered(const Losses& losses, std::span<const std::size_t> chosen);

}  // namespace gemmtune::tune
