// The columns by which a table names problems.
#pragma once

#include "core/problem.h"
#include "report/grid.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::report {

/// Without which two problems of one size would look the same in a table.
struct Distinctions {
  bool kernel = false;  ///< there are several
  bool form = false;    ///< one has another than the default
};

/// The kernel, layer, M, N, K, the form.
std::vector<Column> problem_columns(const Distinctions& distinctions);
std::vector<Cell> problem_cells(const Problem& problem, const Distinctions& distinctions);

/// What a table of these problems needs. `problem_of` takes an element to its problem.
template <typename Range, typename ProblemOf>
Distinctions distinctions(const Range& range, ProblemOf problem_of) {
  Distinctions needed;
  std::optional<std::string> kernel;
  for (const auto& element : range) {
    const Problem& problem = problem_of(element);
    if (!kernel) kernel = problem.kernel;
    needed.kernel = needed.kernel || problem.kernel != *kernel;
    needed.form = needed.form || !describe_form(problem).empty();
  }
  return needed;
}

/// One behind the other: the parts of a header or of a row.
template <typename T>
std::vector<T> joined(std::vector<T> first, const std::vector<T>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace gemmtune::report
