// Launches that were made ready before: tensor maps and arguments by shape, form and pointers.
#pragma once

#include "launch/grouped.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <variant>
#include <vector>

namespace gemmtune::launch {

/// All that a launch depends on, as words that are compared and hashed as they lie.
using LaunchKey = std::array<std::uint64_t, 16>;

struct ReadyLaunch {
  CUkernel kernel;
  Geometry geometry;
  std::variant<GemmArguments, GroupedArguments> arguments;
};

/// Bounded and thread-safe. Of those that fall into one of its 256 sets, the four used last are kept: 1024
/// launches if they spread evenly, in 1 MB. A lock a set, held for a copy, so that threads hardly meet.
class LaunchCache {
 public:
  LaunchCache() : sets_(kSets) {}

  /// Copies the launch of that key; `make` makes it when there is none, and may throw.
  template <typename Make>
  ReadyLaunch get(const LaunchKey& key, const Make& make) {
    Set& set = sets_[hash(key) % kSets];
    {
      const std::lock_guard<std::mutex> lock(set.mutex);
      for (Slot& slot : set.slots)
        if (slot.key == key) {
          slot.used = ++set.clock;
          return slot.launch;
        }
    }
    const ReadyLaunch made = make();  // unlocked: two threads that miss together make the same
    const std::lock_guard<std::mutex> lock(set.mutex);
    Slot& slot = place(set);
    slot = {key, ++set.clock, made};
    return made;
  }

 private:
  static constexpr std::size_t kSets = 256, kWays = 4;

  struct Slot {
    LaunchKey key;
    std::uint64_t used;
    ReadyLaunch launch;
  };
  struct Set {
    std::mutex mutex;
    std::uint64_t clock = 0;
    std::vector<Slot> slots;  ///< at most kWays
  };

  static Slot& place(Set& set) {
    if (set.slots.size() < kWays) return set.slots.emplace_back();
    Slot* oldest = &set.slots.front();
    for (Slot& slot : set.slots)
      if (slot.used < oldest->used) oldest = &slot;
    return *oldest;
  }

  /// Multiply and fold: every bit of every word reaches the low bits, which pointers alone leave alike.
  static std::uint64_t hash(const LaunchKey& key) {
    std::uint64_t h = 0;
    for (const std::uint64_t word : key) {
      h = (h ^ word) * 0x9E3779B97F4A7C15u;
      h ^= h >> 32;
    }
    return h;
  }

  std::vector<Set> sets_;
};

}  // namespace gemmtune::launch
