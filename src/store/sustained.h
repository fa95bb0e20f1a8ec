// Who wins where finalists work back to back.
#pragma once

#include "core/row.h"
#include "core/table.h"

#include <optional>
#include <vector>

namespace gemmtune::store {

/// `rows` are those of such races of the entry's problem, in the order of time: the last race in which the
/// entry's own configuration was timed decides, on the ratios of its blocks. That configuration wins if it is
/// tied with the fastest, so that a second answer is kept only where it is worth it. Nothing without such a
/// race.
std::optional<SustainedWinner> sustained_winner(const TableEntry& entry, const std::vector<const Row*>& rows);

}  // namespace gemmtune::store
