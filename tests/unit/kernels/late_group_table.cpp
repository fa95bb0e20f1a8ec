// With DEFECT, so in a namespace of its own: it is other code of the same names.
#include "unit/kernels/late_group_table.h"

#include "fakes/device/device.h"

namespace {
#include "schedule/group_table.cuh"
}

namespace late_groups {

namespace {

constexpr unsigned kThreads = 96, kBase = 64;

template <uint32 Layout>
std::vector<std::pair<unsigned, unsigned>> rows_by(const std::vector<int>& words, unsigned groups,
                                                   unsigned step, unsigned m) {
  const GroupTable table{kBase, groups};
  const std::vector<unsigned> shared = fakes::run_cta(kThreads, (kBase + 12 * groups + 4) / 4, [&] {
    make_group_table<Layout, kThreads>(table, {words.data(), groups, step}, m, 64);
  });
  std::vector<std::pair<unsigned, unsigned>> rows;
  for (unsigned group = 0; group < groups; ++group)
    rows.emplace_back(shared.at(table.first_row(group) / 4), shared.at(table.end_row(group) / 4));
  return rows;
}

}  // namespace

std::vector<std::pair<unsigned, unsigned>> rows_of(int layout, const std::vector<int>& words, unsigned groups,
                                                   unsigned step, unsigned m) {
  if (layout == kIndices) return rows_by<kIndices>(words, groups, step, m);
  return layout == kOffsets ? rows_by<kOffsets>(words, groups, step, m)
                            : rows_by<kCounts>(words, groups, step, m);
}

}  // namespace late_groups
