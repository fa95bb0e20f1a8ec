// How much slower is one thing than another, when each was measured by one or several processes?
//
// Samples of one process do not tell how much another process would differ. A process's median has the
// variance (error² + between²) * f: `error` is its own, from its samples; `between` is what a fresh process
// adds; f is about 1, differs from problem to problem, and is estimated from the runs at hand together with
// what is known of all problems (the moderated t of Smyth, 2004).
#pragma once

#include "stats/summary.h"

#include <span>
#include <vector>

namespace gemmtune::stats {

/// From `scripts/fit_process_noise`, on an H100: 36 winners in ten processes fit 0.10 % and 22 degrees,
/// another time 0 and 7; 169 and 241 finalists in two sweeps on one board 0.21 and 0.22 %, with single ones
/// four deviations out. With 20 degrees one run a side raised a false alarm for up to 0.9 % of the problems,
/// with 10 it found a third fewer slowdowns
/// (`scripts/power_of_compare`).
struct ProcessNoise {
  double between = 0.0020;  ///< relative standard deviation
  double degrees = 15;      ///< how much is known of f without any repetition
};

/// One process's figure.
struct LogFigure {
  double value = 0;  ///< natural logarithm of the median
  double error = 0;  ///< standard deviation of the median, relative
};

/// Logarithms; positive: `next` is greater.
struct Difference {
  double estimate = 0;
  double deviation = 0;  ///< of the estimate
  double degrees = 0;    ///< of freedom, of `deviation`

  double p_value() const;  ///< that there is none
  /// That another measurement of the same kind finds `next` the smaller one.
  double chance_of_less() const;
  Interval interval(double confidence) const;
};

/// Between processes that have nothing in common. Each side at least one.
Difference difference(std::span<const LogFigure> base, std::span<const LogFigure> next,
                      const ProcessNoise& noise = {});

/// Between contenders that were interleaved: base[i] and next[i] are of one batch, and what a process does to
/// both cancels. As many of one as of the other, at least one.
Difference paired_difference(std::span<const LogFigure> base, std::span<const LogFigure> next,
                             const ProcessNoise& noise = {});

/// Between two contenders of one race, who took turns over the same places of the operands, or block by
/// block: base[i] and next[i] are their medians in place i, or their means in round i, at least two;
/// `estimate` is the logarithm of their times' ratio.
///
/// NOTES: launches scatter around what their place makes of them, and another sweep has other places: the
/// differences in each place, not the launches, are what the deviation is made of. On top comes what a fresh
/// process adds to either. Beyond its places a sweep changes a finalist by 0.21 % (`scripts/tie_evidence`:
/// six pairs of sweeps on three boards, 0.17 to 0.28 %): what ProcessNoise had from before.
Difference placed_difference(double estimate, std::span<const double> base, std::span<const double> next,
                             const ProcessNoise& noise = {});

}  // namespace gemmtune::stats
