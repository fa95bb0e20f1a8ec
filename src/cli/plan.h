// From problems and spaces to a plan of candidates and cubins: stages 3 and 4 of the pipeline.
#pragma once

#include "cli/selection.h"
#include "core/environment.h"
#include "space/enumerate.h"
#include "tune/sweep_plan.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::cli {

class PlanBuilder {
 public:
  /// `seed` decides in which order the candidates of a problem are tried.
  PlanBuilder(DeviceLimits limits, std::uint64_t seed) : limits_(std::move(limits)), seed_(seed) {}

  /// The legal configurations of all `spaces` become the problem's candidates. That there are none is a
  /// reason to leave the problem out, unless no spaces were given.
  void add(const Problem& problem, const std::vector<SpaceSpec>& spaces);
  /// The same of what was enumerated.
  void add(const Problem& problem, const space::Enumeration& enumeration, bool needs_candidates);

  tune::SweepPlan take() { return std::move(plan_); }

 private:
  std::size_t cubin_index(const std::string& kernel, const Config& compiled);

  DeviceLimits limits_;
  std::uint64_t seed_;
  tune::SweepPlan plan_;
  std::map<std::pair<std::string, Config>, std::size_t> cubins_;
};

/// Every problem with the candidates of its kernel's spaces. Shows how far it is.
tune::SweepPlan make_plan(const Work& work, const DeviceLimits& limits, std::uint64_t seed);

/// Says that some of the configurations that were given (not searched for) are left out, and under which
/// constraint.
void warn_of_illegal(const tune::SweepPlan& plan);

/// Throws UserError with the reasons when there is nothing to launch at all.
void require_candidates(const tune::SweepPlan& plan);

}  // namespace gemmtune::cli
