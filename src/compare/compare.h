// Two sides -> a verdict a problem, and whether the gate lets them pass. Pure.
#pragma once

#include "compare/side.h"
#include "core/gate.h"
#include "stats/difference.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::compare {

/// What a side has of a problem.
struct Figure {
  double time_us = 0;       ///< geometric mean of its runs' medians
  double deviation_us = 0;  ///< standard deviation of that, what fresh processes add included
  std::optional<double> sm_clock_mhz;
  std::size_t runs = 0;  ///< that timed it
  Config config;         ///< of the last run's winner
  std::string kernel_hash;
};

/// Relative; 0.02 is 2 % slower.
struct Change {
  double estimate = 0;
  double low = 0;  ///< 95 % interval, of this problem alone
  double high = 0;
};

struct ProblemVerdict {
  Problem problem;
  CompareVerdict verdict = CompareVerdict::unsure;
  std::string reason;  ///< one sentence; empty when the figures say it all
  bool fails = false;  ///< under the gate
  double weight = 1;
  double budget = 0;
  std::optional<Figure> base, next;
  std::optional<Change> time;
  std::optional<Change> cycles;    ///< SM cycles; empty where a clock is not known
  double p_value = 1;              ///< that the times are alike, of this problem alone
  double adjusted_p_value = 1;     ///< for all problems tested
  std::optional<int> runs_needed;  ///< a side, to tell a change of min_effect, where it is unsure
};

/// Geometric means over the problems that both sides timed.
struct Overall {
  std::size_t problems = 0;
  Change plain;
  Change weighted;
  double p_value = 1;  ///< of the weighted one
  bool fails = false;
};

/// The libraries on both sides, whose code did not change: what they moved by is the machine's.
struct Control {
  std::string provider;
  std::size_t problems = 0;
  Change change;
};

struct Comparison {
  std::string base_name, next_name;
  std::vector<std::string> base_sources, next_sources;
  Environment base, next;
  Gate gate;
  bool simulated = false;
  bool interleaved = false;         ///< both sides were timed in one batch
  std::vector<std::string> forced;  ///< differences that were waved through
  std::vector<std::string> changes;
  std::vector<ProblemVerdict> problems;  ///< what matters most first: verdicts, then size of the change
  std::vector<Problem> only_in_next;
  std::optional<Overall> overall;
  std::vector<Control> controls;

  std::size_t count(CompareVerdict verdict) const;
  bool fails() const;
  bool fails_with(CompareVerdict verdict) const;
};

/// How the sides are related.
enum class Pairing {
  separate,     ///< processes that have nothing in common
  interleaved,  ///< run i of either side is of one batch of one process
};

/// A change is SLOWER or FASTER when the chance of seeing it where there is none, adjusted for the number of
/// problems, is at most kChance, when it is at least the gate's min_effect, and when it shows in SM cycles
/// too, where clocks are known. It is SAME when its 95 % interval lies within +-min_effect, or when it is the
/// clock's: there in time, not in cycles. WRONG: a configuration that was right is not, or nothing right is
/// left. MISSING: not timed any more. UNSURE: all else.
Comparison compare(const Side& base, const Side& next, const Gate& gate, Pairing pairing = Pairing::separate);

inline constexpr double kChance = 0.05;
inline constexpr double kConfidence = 0.95;

}  // namespace gemmtune::compare
