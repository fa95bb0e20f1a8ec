// What a sweep is going to do, complete before the first launch: problems, their candidates, the cubins these
// need.
#pragma once

#include "core/config.h"
#include "core/messages.h"
#include "core/problem.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gemmtune::tune {

struct Candidate {
  Config config;
  std::size_t cubin = 0;  ///< index into SweepPlan::cubins
};

struct ProblemPlan {
  Problem problem;
  std::string unsupported;  ///< why there are no candidates; empty when there are
  std::vector<Candidate> candidates;
  std::int64_t flops = 0;
  std::int64_t bytes = 0;
};

struct SweepPlan {
  std::vector<ProblemPlan> problems;
  std::vector<CompileRequest> cubins;          ///< distinct: candidates that differ only at launch share one
  std::map<std::string, std::int64_t> pruned;  ///< illegal configurations of all problems, by constraint

  std::size_t candidates() const {
    std::size_t count = 0;
    for (const ProblemPlan& plan : problems) count += plan.candidates.size();
    return count;
  }
};

}  // namespace gemmtune::tune
