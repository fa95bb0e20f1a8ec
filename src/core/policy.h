// How a figure is made. Recorded in every row: changing what a policy does changes its name.
#pragma once

#include "core/names.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gemmtune {

/// Of the operands, where nothing else is asked for. Odd, while a turn has four launches: so each of the
/// copies comes under timed launches.
inline constexpr int kDefaultCopies = 7;
inline constexpr int kMostCopies = 1000;

// What a state of the L2 asks for, and says of a figure: nobody else knows its names.

/// Whether operands come from memory.
constexpr bool is_cold(L2Policy l2) {
  return l2 != L2Policy::warm;
}
/// Whether more than the L2 holds is written before each launch, and lies in it then.
constexpr bool is_flushed(L2Policy l2) {
  return l2 == L2Policy::cold_memset512;
}
/// Whether a launch may begin before the one before it has ended.
constexpr bool overlaps(L2Policy l2) {
  return l2 == L2Policy::cold_overlapped;
}
/// Whether some launches behind each other are timed as one.
constexpr bool chains(L2Policy l2) {
  return l2 == L2Policy::cold_chain || overlaps(l2);
}

/// The one that a policy's name begins with; nothing where it is no such name.
std::optional<L2Policy> l2_of(std::string_view policy_name);

/// Over which places of the operands the launches of a contender take turns, and how.
struct Places {
  int count = 0;
  int untimed = 0;  ///< of each turn, at its start
  int timed = 0;

  /// In which place a contender's sample was taken; the first of its launches was in place 0.
  std::size_t of_sample(std::size_t sample) const {
    const auto in_turn = static_cast<std::size_t>(timed);
    const std::size_t turn = sample / in_turn, launch = static_cast<std::size_t>(untimed) + sample % in_turn;
    return (turn * static_cast<std::size_t>(untimed + timed) + launch) % static_cast<std::size_t>(count);
  }
};

/// What a policy's name says of it; nothing where samples are of one place, or of no place of their own.
std::optional<Places> places_of(std::string_view policy_name);

struct Policy {
  L2Policy l2 = L2Policy::cold_memset512;
  Timer timer = Timer::event;
  PowerRegime regime = PowerRegime::burst;
  /// Of the operands, under cold_memset512; launch after launch takes the next. Kernels of 13 us were up to 3
  /// % faster or slower in one place than over eight (H100), and always the same place does not average out.
  int copies = 1;
  int warmup = 1;        ///< untimed launches at the start of each turn, which bring the code into the SMs
  int turn = 3;          ///< timed launches of one contender before it is the next one's turn
  int samples = 12;      ///< timed launches of each contender, at least
  int max_samples = 0;   ///< at most; not above `samples`: exactly `samples`
  double precision = 0;  ///< enough once the interval of each median is this much of it, relative
  std::uint64_t seed = 1;

  bool adaptive() const { return max_samples > samples; }

  bool chains() const { return gemmtune::chains(l2); }

  /// Whether launches take turns over copies that exceed L2.
  bool rotates() const { return l2 == L2Policy::cold_rotate || chains(); }

  bool over_copies() const { return is_flushed(l2) && copies > 1; }

  /// `cold_memset512-event-burst-w1t3-n12`; over copies `cold_memset512x7-...`, adaptive
  /// `...-n15to200-p0.003`. Equal names, comparable figures.
  std::string name() const;
};

/// The policy of this name; nothing where it is no such name. Seeds are in no name.
std::optional<Policy> policy_of(std::string_view name);

}  // namespace gemmtune
