// What the runs of a side hold, sorted by problem.
#pragma once

#include "compare/compare.h"

#include <map>

namespace gemmtune::compare {

struct Collected {
  std::vector<const Row*> winners;  ///< one a run that timed the problem
  std::vector<const Row*> right;    ///< candidates that were judged and passed
  std::vector<const Row*> wrong;    ///< candidates that were judged and failed
  const Row* last = nullptr;        ///< of ours, whatever became of it
};

/// By problem_id.
using ByProblem = std::map<std::string, Collected>;

ByProblem collect(const Side& side);

/// Rows of one library's answer, timed in a race, by (provider, problem_id, config): one a run.
std::map<std::string, std::vector<const Row*>> library_rows(const Side& side);

/// The medians of rows, as logarithms with their errors; `in_cycles` by each row's clock.
std::vector<stats::LogFigure> log_figures(const std::vector<const Row*>& rows, bool in_cycles);

/// Whether every row knows its clock.
bool clocks_known(const std::vector<const Row*>& rows);

}  // namespace gemmtune::compare
