#include "report/problem_columns.h"

namespace gemmtune::report {

std::vector<Column> problem_columns(bool with_form) {
  std::vector<Column> columns = {{"name", "layer"}, {"m", "M"}, {"n", "N"}, {"k", "K"}};
  if (with_form) columns.push_back({"form", "form"});
  return columns;
}

std::vector<Cell> problem_cells(const Problem& problem, bool with_form) {
  std::vector<Cell> cells = {problem.name, problem.m, problem.n, problem.k};
  if (with_form) cells.emplace_back(describe_form(problem));
  return cells;
}

}  // namespace gemmtune::report
