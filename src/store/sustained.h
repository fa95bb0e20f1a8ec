// Who wins where finalists work back to back.
#pragma once

#include "core/row.h"
#include "core/table.h"

#include <optional>
#include <vector>

namespace gemmtune::store {

/// Of `rows`, which are those of races back to back of the entry's problem in the order of time, those of the
/// last race in which the entry's own configuration was timed, timed in as many blocks as it: their blocks
/// are paired. Empty without such a race.
std::vector<const Row*> paired_with(const TableEntry& entry, const std::vector<const Row*>& rows);

/// By the ratios of the blocks of those that are paired with the entry's own configuration, of the same rows.
/// That configuration wins if it is tied with the fastest, so that a second answer is kept only where it is
/// worth it. Nothing where nobody else was in that race.
std::optional<SustainedWinner> sustained_winner(const TableEntry& entry, const std::vector<const Row*>& rows);

}  // namespace gemmtune::store
