// The view of what the libraries chose: the first answer of a heuristic, which a program gets that does not
// tune, beside the fastest of all its answers.
#pragma once

#include "core/journal.h"
#include "core/table.h"
#include "report/grid.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::report {

struct Report;

/// Of one library on one problem.
struct LibraryChoice {
  Problem problem;
  std::string provider;
  std::int64_t answers = 0;  ///< that were timed and are right
  std::int64_t best = 0;     ///< the answer that was fastest when all had been screened
  double first_us = 0;       ///< of the first answer and of that, in one round
  double best_us = 0;
  bool raced = false;  ///< that round is the final race; else a screening
  /// Of the entry, where that round is its own race; times of two are never compared.
  std::optional<double> ours_us = {};
};

/// Of the table's problems, as far as the journal has both, from rows that may stand in its table. It is the
/// latest round that both were in.
std::vector<LibraryChoice> library_choices(const Table& table, const Journal& journal);

Grid libraries(const Report& report, bool for_files);

/// What the first answers lose by provider, on geometric mean and at worst.
std::string libraries_summary(const Report& report);

}  // namespace gemmtune::report
