// Several problems' strategies a round each in turn, so that the kernels of one's next round are compiled
// while others are measured.
#pragma once

#include "space/strategy.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gemmtune::tune {

/// The strategy of problem `index`, which times at most so many candidates (0: no limit).
using MakeStrategy = std::function<std::unique_ptr<space::Strategy>(std::size_t index, std::size_t most)>;

/// What is asked follows from what is told and from nothing else, the clock above all: a sweep that goes on
/// in a folder asks the same again.
class Turns {
 public:
  struct Turn {
    std::size_t index = 0;           ///< of the problem
    std::vector<std::size_t> round;  ///< of its candidates; empty where its strategy asks for nothing at all
  };

  /// One `most` a problem. So many are `abreast`: as one is over, the one behind them begins. `hear` is told
  /// of each round as soon as it is known.
  Turns(MakeStrategy make, std::vector<std::size_t> most, std::size_t abreast,
        std::function<void(const Turn&)> hear);

  /// Whose turn it is, until it is told of it or is over; nothing when all are over.
  const Turn* turn() const { return underway_.empty() ? nullptr : &underway_.front().turn; }

  /// What each of its round took; nothing where it failed. False: its strategy has had enough, and is over.
  bool tell(std::span<const std::optional<double>> times_us);

  /// It gets no further round.
  void end();

 private:
  struct Underway {
    std::unique_ptr<space::Strategy> strategy;
    Turn turn;
  };

  void begin();

  MakeStrategy make_;
  std::vector<std::size_t> most_;
  std::function<void(const Turn&)> hear_;
  std::size_t begun_ = 0;
  std::deque<Underway> underway_;
};

}  // namespace gemmtune::tune
