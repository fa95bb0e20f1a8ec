#include "cli/plan.h"

#include "cli/log.h"
#include "cli/progress.h"
#include "family/family.h"
#include "operation/operation.h"
#include "space/enumerate_all.h"
#include "space/strategy.h"
#include "util/error.h"

namespace gemmtune::cli {

namespace {

/// Why nothing is left of a space: the constraints, each with the numbers of its first victim.
std::string nothing_legal(const space::Enumeration& enumeration) {
  std::string text = "no legal configuration";
  for (const auto& [constraint, count] : enumeration.pruned)
    text += "; " + constraint + " (" + std::to_string(count) +
            "): " + enumeration.examples.at(constraint).sentence;
  return text;
}

}  // namespace

void PlanBuilder::add(const Problem& problem, const std::vector<SpaceSpec>& spaces) {
  add(problem, space::enumerate(spaces, problem, limits_), !spaces.empty());
}

void PlanBuilder::add(const Problem& problem, const space::Enumeration& enumeration, bool needs_candidates) {
  const family::Family& family = family::require(problem.kernel);
  tune::ProblemPlan added;
  added.problem = problem;
  added.flops = operation::flops(problem);
  for (const auto& [constraint, count] : enumeration.pruned) plan_.pruned[constraint] += count;
  if (enumeration.unsupported)
    added.unsupported = enumeration.unsupported->sentence();
  else if (enumeration.candidates.empty() && needs_candidates)
    added.unsupported = nothing_legal(enumeration);
  added.candidates.reserve(enumeration.candidates.size());
  constexpr std::size_t kUnknown = -1;
  std::vector<std::size_t> cubins(enumeration.candidates.size(), kUnknown);
  for (const std::size_t i : space::order(enumeration.candidates.size(), seed_)) {
    const Config& config = enumeration.candidates[i];
    std::size_t& cubin = cubins[enumeration.built_as[i]];
    if (cubin == kUnknown) cubin = cubin_index(problem.kernel, family.compiled(config, problem));
    added.candidates.push_back({config, cubin});
  }
  plan_.problems.push_back(std::move(added));
}

std::size_t PlanBuilder::cubin_index(const std::string& kernel, const Config& compiled) {
  const auto [found, is_new] = cubins_.try_emplace({kernel, compiled}, plan_.cubins.size());
  if (is_new) plan_.cubins.push_back({kernel, compiled});
  return found->second;
}

tune::SweepPlan make_plan(const Work& work, const DeviceLimits& limits, std::uint64_t seed) {
  PlanBuilder builder(limits, seed);
  ProgressLine progress;
  progress.begin("plan", work.problems.size(), static_cast<double>(work.problems.size()));
  space::enumerate_all(work.problems, work.spaces, limits,
                       [&](std::size_t i, const space::Enumeration& enumeration) {
                         const Problem& problem = work.problems[i];
                         builder.add(problem, enumeration, !work.spaces.at(problem.kernel).empty());
                         progress.step(describe(problem), 1);
                       });
  progress.end();
  return builder.take();
}

void warn_of_illegal(const tune::SweepPlan& plan) {
  for (const auto& [constraint, count] : plan.pruned)
    log_warn("left out {} of the given configurations: {} (\"gemmtune plan --explain\" says why)", count,
             constraint);
}

void require_candidates(const tune::SweepPlan& plan) {
  if (plan.candidates() > 0) return;
  std::string message = "there is nothing to launch";
  for (const tune::ProblemPlan& problem : plan.problems)
    message += "\n  " + describe(problem.problem) + ": " + problem.unsupported;
  throw UserError(message);
}

}  // namespace gemmtune::cli
