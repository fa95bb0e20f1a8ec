// What a bundle with a picker gives for a problem that its table has no entry for, and why.
#pragma once

#include "report/grid.h"
#include "store/results.h"

#include <cstddef>
#include <filesystem>
#include <vector>

namespace gemmtune::cli {

/// A cubin of the table as the loader would launch it there.
struct CubinPick {
  Config config;
  double behind = 0;  ///< that which it takes first, as the model expects it, relative
  Problem tuned_for;  ///< of the first entry that has it
};

/// Every cubin that can compute `asked`, that which the loader takes first, by the loader's own code. Throws
/// UserError where the picker has no model for it, or the kernel does not take such sizes.
std::vector<CubinPick> picks_for(const Table& table, const std::filesystem::path& picker,
                                 const Problem& asked);

/// One row a cubin, `most` in all.
report::Grid grid_of(const std::vector<CubinPick>& picks, std::size_t most);

/// The model beside what was measured, at the entries whose N, K and M are nearest to `asked`: what the
/// loader would take there if it had to pick, how far it expects what won there to be behind, and how far
/// behind that its pick is as measured, where the rows or the entry's runners-up say so.
report::Grid model_at_neighbours(const store::Results& results, const std::filesystem::path& picker,
                                 const Problem& asked, std::size_t most);

}  // namespace gemmtune::cli
