// `gemmtune portfolio --measure`: what sweeps left unmeasured of a portfolio's cells. The cubins that are
// near the best of any problem are timed on all the others of their kernel.
#pragma once

#include "cli/machine.h"
#include "cli/portfolio.h"

#include <cstddef>
#include <string>

namespace gemmtune::cli {

struct FillOptions {
  std::string folder;       ///< to write, or to go on in
  double near_percent = 2;  ///< behind the best of a problem
  std::size_t most = 8;     ///< of each problem
  MachineOptions machine;
};

struct FillPlan {
  tune::SweepPlan plan;
  std::size_t cubins = 0;  ///< that are near the best of some problem
  std::size_t cells = 0;   ///< of these and a problem each, that nobody has timed
};

/// Of the problems that cubins are chosen for: each cell with the launches that a bundle's loader chooses
/// among, and of each problem that has such cells its fastest configuration, beside which they are timed.
FillPlan cells_to_fill(const PortfolioSource& source, const FillOptions& options, const DeviceLimits& limits);

/// Times them into the folder, whose journal any later `portfolio` reads behind the sweeps' own. What it
/// knows already is not timed again. 0, or the exit code of an interruption.
int fill_cells(const PortfolioSource& source, const FillOptions& options);

}  // namespace gemmtune::cli
