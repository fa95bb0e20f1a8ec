// Who won a race, and who cannot be told from the winner.
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
};

/// Of the intervals that must overlap. NOTES: not 0.95 as elsewhere. That holds for one contender, and the
/// fastest of up to sixteen looks faster than it is; that by which another board changes the ratio of two
/// finalists (0.1 to 0.3 %, `scripts/fit_process_noise`) is in no interval at all. Chosen when two sweeps
/// on two boards had disagreed on one winner of 36, which it mends (a third board agreed with both by
/// either); tie sets grew from 2.5 to 2.8 members.
inline constexpr double kTieConfidence = 0.99;

/// Medians closer than this are equal: run-to-run differences of one kernel on one board reach it.
inline constexpr double kTieFraction = 0.005;

/// A winner is this close to the fastest: half a tie, so that it still is in the tie set of a second race in
/// which it is somewhat slower.
inline constexpr double kPickFraction = kTieFraction / 2;

/// Tied with the fastest: the intervals overlap (touching counts), or the medians are less than kTieFraction
/// apart. Indices, fastest first; never empty unless `racers` is.
std::vector<std::size_t> tie_set(const std::vector<Racer>& racers);

/// The member of a tie set that wins: of those within kPickFraction of the fastest the one with the fewest
/// SMs, then the least shared memory, then the smallest id. `ties` is as tie_set() gives it.
std::size_t pick(const std::vector<Racer>& racers, const std::vector<std::size_t>& ties);

}  // namespace gemmtune::stats
