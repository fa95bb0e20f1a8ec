// Which candidates of a problem are timed, and in which order. A strategy knows nothing of GPUs: it hands out
// candidates by number and is told what they took.
#pragma once

#include "core/config.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gemmtune::space {

/// The indices of so many candidates. Seed 0 keeps the order of enumeration. Any other shuffles, the same way
/// on every machine.
std::vector<std::size_t> order(std::size_t candidates, std::uint64_t seed);

class Strategy {
 public:
  virtual ~Strategy() = default;
  /// The candidates to time next, none of which it named before; empty when it has had enough. What it named
  /// before has been told by then, or never will be.
  virtual std::vector<std::size_t> next() = 0;
  /// What one of them took; nothing where it failed.
  virtual void tell(std::size_t candidate, std::optional<double> time_us) = 0;
};

struct Measured {
  std::size_t candidate = 0;
  double time_us = 0;
};

/// What each candidate of a problem is expected to take, after what was measured of it. Only their order
/// counts.
using Model = std::function<std::vector<double>(std::span<const Measured>)>;

/// What a strategy chooses from.
struct Choice {
  std::vector<Config> candidates;
  std::vector<std::size_t> cubins;      ///< of each candidate: equal numbers are launches of one kernel
  std::size_t most = 0;                 ///< so many in all; 0: no limit
  std::uint64_t seed = 1;               ///< of what is drawn
  Model model = {};                     ///< for the strategies that use one
  std::vector<std::size_t> first = {};  ///< of a short list: in it whatever the model says
};

struct StrategyKind {
  std::string_view name;
  std::string_view meaning;  ///< one sentence for people
  bool uses_model;
  std::size_t usual;  ///< candidates of a problem where nobody says how many; 0: all
  std::unique_ptr<Strategy> (*make)(Choice choice);
};

/// Every strategy, the plainest first.
std::span<const StrategyKind> strategies();

/// Throws UserError when there is none of that name.
const StrategyKind& require_strategy(std::string_view name);

/// Not for people to choose: candidates that were given, and as many of those that the model expects to be
/// fastest as there is room for, at once.
const StrategyKind& short_list();

// One file each but for the simplest two; for the list.
std::unique_ptr<Strategy> make_exhaustive(Choice choice);
std::unique_ptr<Strategy> make_guided(Choice choice);
std::unique_ptr<Strategy> make_local(Choice choice);
std::unique_ptr<Strategy> make_random(Choice choice);
std::unique_ptr<Strategy> make_short_list(Choice choice);

}  // namespace gemmtune::space
