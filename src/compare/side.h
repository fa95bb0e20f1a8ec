// One side of a comparison: what one or several processes measured of the same thing.
#pragma once

#include "core/journal.h"

#include <cstddef>
#include <string>
#include <vector>

namespace gemmtune::compare {

/// The rows of one process.
struct Run {
  std::string source;                ///< file or folder, for people
  Journal journal;                   ///< rows that were not damaged
  std::vector<std::size_t> winners;  ///< of the journal's rows: one a problem that was timed
};

struct Side {
  std::string name;  ///< as the user gave it
  std::vector<Run> runs;
};

/// Of the run's last header; with the rows' device where there is none. Empty where there are no rows.
Environment environment_of(const Run& run);

/// Of the side's last run.
Environment environment_of(const Side& side);

/// What makes figures of the two sides, or of two runs of one side, unlike: one sentence each, with both
/// values. Empty: they may be compared.
std::vector<std::string> differences(const Side& base, const Side& next);

/// What has changed on purpose, or may have: versions, sources. `driver 570.1 -> 580.2`.
std::vector<std::string> changes(const Side& base, const Side& next);

}  // namespace gemmtune::compare
