#include "report/problem_columns.h"

namespace gemmtune::report {

std::vector<Column> problem_columns(const Distinctions& distinctions) {
  std::vector<Column> columns = {{"name", "layer"}, {"m", "M"}, {"n", "N"}, {"k", "K"}};
  if (distinctions.kernel) columns.insert(columns.begin(), Column{"kernel", "kernel"});
  if (distinctions.form) columns.push_back({"form", "form"});
  return columns;
}

std::vector<Cell> problem_cells(const Problem& problem, const Distinctions& distinctions) {
  std::vector<Cell> cells = {problem.name, problem.m, problem.n, problem.k};
  if (distinctions.kernel) cells.insert(cells.begin(), Cell(problem.kernel));
  if (distinctions.form) cells.emplace_back(describe_form(problem));
  return cells;
}

}  // namespace gemmtune::report
