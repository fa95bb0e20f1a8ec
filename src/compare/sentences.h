// What the outputs for people share.
#pragma once

#include "compare/compare.h"
#include "report/grid.h"

#include <string>
#include <vector>

namespace gemmtune::compare {

/// `kernel:m=64,n=2112,k=7168`, the layer's name before it where there is one.
std::string title_of(const Problem& problem);

/// `3 slower, 1 faster, 32 same of 36`.
std::string summary(const Comparison& comparison);

/// `FAIL: 2 slower` or `PASS`.
std::string outcome(const Comparison& comparison);

/// Geometric means, controls, what has changed, what was forced, what is new: one sentence each.
std::vector<std::string> remarks(const Comparison& comparison);

/// How verdicts come about, in two sentences, with the gate's numbers.
std::string legend(const Comparison& comparison);

/// One line a problem of those whose verdict is in `shown`.
report::Grid problems_grid(const std::vector<const ProblemVerdict*>& problems);

/// `SLOWER`.
std::string capitals(CompareVerdict verdict);

}  // namespace gemmtune::compare
