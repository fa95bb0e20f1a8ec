// Who won a race, and who may win another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::stats {

/// What a comparison needs of one contender; times in one unit, made under one policy.
struct Racer {
  double time = 0;  ///< median
  double low = 0;   ///< interval of the median, with kTieConfidence where there are samples
  double high = 0;
  std::int64_t num_sms = 0;
  std::int64_t smem_bytes = 0;
  std::string id;  ///< config_id
  /// Median in each place of the operands, or of blocks the mean of each; empty where samples are of one
  /// place, or there are none.
  std::vector<double> places = {};
};

/// A contender is tied if the chance that another sweep finds it faster than today's fastest is above this:
/// elsewhere, on another board or with its operands in other places of memory. NOTES: it follows from what a
/// tie set promises, that of a hundred problems another sweep's winner is in 99, and no sweep was fitted to
/// it. Of three sweeps on one board and on two, the winners were in each other's sets for 36 of 36 problems,
/// each with each; by intervals of the launches, as it was before, for 32 to 34. Tie sets have 5.2 members,
/// before 3.1 (`results/h100-sxm-2/README.md`).
inline constexpr double kMayWin = 0.01;

/// Where that cannot be asked, since all samples are of one place or there are none, intervals must overlap,
/// which have this confidence if there are samples: of up to sixteen the fastest looks faster than it is.
inline constexpr double kTieConfidence = 0.99;

/// Medians closer than this are equal: run-to-run differences of one kernel on one board reach it.
inline constexpr double kTieFraction = 0.005;

/// A winner is this close to the fastest: half a tie, so that it still is in the tie set of a second race in
/// which it is somewhat slower.
inline constexpr double kPickFraction = kTieFraction / 2;

/// Tied with the fastest: kMayWin (or intervals that overlap; touching counts), or medians less than
/// kTieFraction apart. Indices, fastest first; never empty unless `racers` is.
std::vector<std::size_t> tie_set(const std::vector<Racer>& racers);

/// The member of a tie set that wins: of those within kPickFraction of the fastest the one with the fewest
/// SMs, then the least shared memory, then the smallest id. `ties` is as tie_set() gives it: however many
/// others may win elsewhere, they do not change who wins here.
std::size_t pick(const std::vector<Racer>& racers, const std::vector<std::size_t>& ties);

}  // namespace gemmtune::stats
