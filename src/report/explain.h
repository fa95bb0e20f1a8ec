// Why an entry of a table is what it is: what came close, what each parameter is worth beside it, and what a
// launch of it does.
#pragma once

#include "core/journal.h"
#include "core/table.h"
#include "model/machine.h"
#include "report/grid.h"

#include <cstddef>
#include <vector>

namespace gemmtune::report {

/// The rows of ours that were timed for the entry's problem under its device and kernels, one a
/// configuration: that of a race before that of a screening, a later one before an earlier. The fastest
/// first.
std::vector<const Row*> timed_candidates(const TableEntry& entry, const Table& table, const Journal& journal);

/// One row a configuration, the winner first, then the fastest others; `most` in all.
Grid runners_up(const TableEntry& entry, const std::vector<const Row*>& candidates, std::size_t most);

/// One row a configuration that was raced back to back, by the ratio of its blocks to those of the winner in
/// bursts; of a table alone the sustained winner. Empty where there was no such race.
Grid sustained_race(const TableEntry& entry, const Table& table, const Journal& journal);

/// One row a value that a parameter had elsewhere: by how much the time grows if it alone differs (`stages`
/// and `num_sms` may follow it), and of the best configuration that has it. Of those two only what was tried
/// with all else as it is.
Grid worth_of_parameters(const TableEntry& entry, const std::vector<const Row*>& candidates);

/// One row a fact of a launch of the entry on `asked`, which may have another M: tiles, waves, bytes, what
/// the model expects and takes for the limit.
Grid facts_of_launch(const TableEntry& entry, const Problem& asked, const std::vector<const Row*>& candidates,
                     const model::SimulatedMachine& machine);

}  // namespace gemmtune::report
