// A strategy against what a journal recorded: what it would have timed, whom it would have chosen, and how
// much slower that is than the fastest of all. Needs no GPU.
#pragma once

#include "core/journal.h"
#include "tune/search.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gemmtune::tune {

/// What a journal has of one problem's candidates.
struct Recorded {
  Problem problem;
  std::vector<Config> candidates;             ///< in the order in which they were timed
  std::vector<std::size_t> cubins;            ///< of each candidate: equal numbers are launches of one kernel
  std::vector<Row> screened;                  ///< of each candidate, with few samples, or its failure
  std::vector<std::optional<Row>> near_best;  ///< of each, with more
  std::vector<std::optional<Row>> raced;      ///< of each, in the final race

  /// Of the first screening, what did not fail.
  std::vector<space::Measured> measured() const;
  /// Of what was measured with most samples; nothing where it failed.
  std::optional<double> time_us(std::size_t candidate) const;
  /// Of the final race, and its time; nothing where nothing was raced.
  std::optional<std::size_t> fastest() const;
  std::optional<double> best_us() const;
};

/// The problems of which there are candidates that were screened, and a final race; in the order in which
/// they began. The journal must be of one device.
std::vector<Recorded> recorded_problems(const Journal& journal);

/// Adds the candidates of another run of the same problem that `to` lacks, with their times, and what follows
/// from these, as they would have been beside those of `to`: by the time of its fastest, which both must have
/// timed; 0 where `from` did not. Samples, cycles and joules, which are of that run alone, they have none.
/// Returns how many were added.
std::size_t add_cells(Recorded& to, const Recorded& from);

struct Replayed {
  std::size_t evaluated = 0;  ///< candidates
  std::size_t cubins = 0;     ///< different kernels among them
  std::size_t winner = 0;     ///< the candidate that would be in the table
  double time_us = 0;         ///< its time
  double regret = 0;          ///< of that, over the fastest of all
};

/// How many go on to each later stage, at most.
struct Narrowing {
  std::size_t near_best = 64;
  std::size_t finalists = 16;
};

/// Asks the strategies of these problems until they have had enough, and then chooses as a sweep does among
/// what each asked for. Nothing where all of that had failed.
std::vector<std::optional<Replayed>> replay(std::span<const Recorded> problems, Turns turns,
                                            const Narrowing& most);

}  // namespace gemmtune::tune
