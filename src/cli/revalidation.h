// What came of looking at a table again: a verdict an entry, one of the table, as text and as JSON.
#pragma once

#include "cli/output.h"
#include "compare/compare.h"
#include "core/freshness.h"
#include "core/row.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// Of an entry that was raced with those that came close to it.
enum class Held {
  first,   ///< a table made of this race would name it again
  tie,     ///< another would be named, which is not faster by as much as counts
  unsure,  ///< another would be named, and three rounds did not decide whether by as much as counts
  lost,    ///< another is faster, by more than chance and than counts
  failed,  ///< it does not run here
  wrong,   ///< it gives wrong results here
};

/// `first`, `tie`, `unsure`, `lost`, `failed`, `wrong`.
std::string_view word(Held held);

struct RevalidatedEntry {
  Problem problem;
  Config config;
  double table_us = 0;  ///< as the table has it
  Held held = Held::failed;
  std::string reason;  ///< of one that failed or is wrong
  std::optional<double> time_us;
  Config fastest;  ///< that a table would name now
  std::optional<double> fastest_us;
  /// By how much the entry takes longer than that, with its 95 % interval.
  std::optional<compare::Change> behind;
};

struct Revalidation {
  std::string source, policy, device;
  bool simulated = false;
  Standing standing;
  std::size_t table_entries = 0;
  std::vector<RevalidatedEntry> problems;

  std::size_t count(Held held) const;
};

/// `rows` are those of the race, whose comparison has the entry as base and all contenders as new.
RevalidatedEntry what_came_of(const TableEntry& entry, const compare::Comparison& comparison,
                              const std::vector<Row>& rows);

std::string text_of(const Revalidation& found, const OutputOptions& output);

/// 3 when an entry is wrong, 4 when one has lost or failed, else 0.
int exit_code_of(const Revalidation& found);

}  // namespace gemmtune::cli
