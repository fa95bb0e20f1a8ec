// The device code of the walk over groups along K on the host. Compiled once as it is and once for each
// DEFECT, as the function WALK, in a namespace of its own: it is other code of the same names.
#include "unit/kernels/k_grouped_walk.h"

#include "fakes/device/device.h"

namespace {
#include "schedule/k_grouped_walk.cuh"
}

namespace k_groups {

std::vector<Visit> WALK(const Asked& asked) {
  const KGroupTable table{kBase, static_cast<uint32>(asked.ends.size())};
  const auto make = [&] {
    const GroupsOfLaunch launch{asked.ends.data(), table.groups, asked.step};
    if (asked.keeps_empty)
      make_k_group_table<true>(table, launch, asked.k, 128);
    else
      make_k_group_table<false>(table, launch, asked.k, 128);
  };
  // No word more than 12 bytes a group and 4: what the host makes room for.
  fakes::Cta cta(32);
  cta.shared = fakes::run_cta(64, (kBase + 12 * table.groups + 4) / 4, make);
  fakes::current_cta() = &cta;
  std::vector<Visit> visits;
  for (unsigned cluster = 0; cluster < asked.clusters; ++cluster) {
    KGroupedWalk walk(table, asked.rows, asked.columns, asked.raster, cluster, asked.clusters);
    uint32 first = 99, blocks = 99;
    while (walk.advance()) {
      walk.take_k(first, blocks);
      visits.push_back({walk.row_of_d(7).matrix, walk.row, walk.column, first, blocks});
      if (walk.row_of_d(7).row != 7 || walk.end_row(5) != 5 || walk.group() != 0) visits.clear();
    }
    if (walk.more()) visits.clear();
  }
  fakes::current_cta() = nullptr;
  return visits;
}

}  // namespace k_groups
