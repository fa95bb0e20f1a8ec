// The columns by which a table names problems.
#pragma once

#include "core/problem.h"
#include "report/grid.h"

#include <vector>

namespace gemmtune::report {

/// Layer, M, N, K; behind them the form, for tables in which one of the problems has another than the
/// default: without it two problems of one size would look the same.
std::vector<Column> problem_columns(bool with_form);
std::vector<Cell> problem_cells(const Problem& problem, bool with_form);

/// Whether a table of problems needs the form's column. `problem_of` takes an element to its problem.
template <typename Range, typename ProblemOf>
bool has_forms(const Range& range, ProblemOf problem_of) {
  for (const auto& element : range)
    if (!describe_form(problem_of(element)).empty()) return true;
  return false;
}

/// One behind the other: the parts of a header or of a row.
template <typename T>
std::vector<T> joined(std::vector<T> first, const std::vector<T>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace gemmtune::report
