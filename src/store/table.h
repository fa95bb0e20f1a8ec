// From rows to the tuning table (gemmtune.table/1), to and from its file, and looking a problem up in it.
#pragma once

#include "core/journal.h"
#include "core/table.h"
#include "core/tuned_m.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gemmtune::store {

/// The table of the journal's last run that timed something: its device, board, power limit and driver, its
/// kernels, its L2 state, timer and regime; rows made otherwise are left out, because their times cannot be
/// compared. Of a plan that several boards shared, all boards of that kind count; the table then names none
/// of them, and each entry its own. A problem's winner comes from its last race of finalists; where there was
/// none, from the measured or screened rows. Problems without a correct row have no entry. Entries are in the
/// order in which the problems were first timed. Where the run looked for steps over M, the table has these.
Table build_table(const Journal& journal);

/// What a timed row says of its configuration, into an entry of its problem: which kernel it is, its times,
/// rates, energy, errors and board.
void take_row(TableEntry& entry, const Row& row);

/// What the table is made of: of each problem that has a winner all that was timed of it.
std::vector<TunedM> tuned_problems(const Journal& journal);

/// The file's text, indented.
std::string to_text(const Table& table);

/// Throws UserError when the file is not a table of this major version.
Table read_table(const std::filesystem::path& path);

/// How well an answer of the table fits the question.
enum class Match {
  exact,   ///< tuned for this problem
  bucket,  ///< tuned for another m
  none,
};

struct Lookup {
  Match match = Match::none;
  const TableEntry* entry = nullptr;  ///< null when there is no match
};

/// Same kernel, n, k, out, accumulate: the smallest tuned m not below the asked one, else the largest. Of
/// groups along K the same of k, and m is the same.
Lookup lookup(const Table& table, const Problem& problem);

}  // namespace gemmtune::store
