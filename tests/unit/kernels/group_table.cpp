// Compiled for each DEFECT, as the function TABLE, in a namespace of its own: it is other code of the same
// names.
#include "unit/kernels/group_table.h"

#include "fakes/device/device.h"

namespace {
#include "schedule/group_table.cuh"

constexpr unsigned kThreads = 96, kBase = 64;

template <uint32 Layout>
group_tables::Rows rows_by(const group_tables::Asked& asked) {
  const GroupTable table{kBase, asked.groups};
  blockIdx = {};
  const std::vector<unsigned> shared = fakes::run_cta(kThreads, (kBase + 12 * asked.groups + 4) / 4, [&] {
    make_group_table<Layout, kThreads>(table, {asked.words.data(), asked.groups, asked.step}, asked.m, 64);
  });
  group_tables::Rows rows;
  for (unsigned group = 0; group < asked.groups; ++group)
    rows.emplace_back(shared.at(table.first_row(group) / 4), shared.at(table.end_row(group) / 4));
  return rows;
}
}  // namespace

namespace group_tables {

Rows TABLE(const Asked& asked) {
  if (asked.layout == kIndices) return rows_by<kIndices>(asked);
  return asked.layout == kOffsets ? rows_by<kOffsets>(asked) : rows_by<kCounts>(asked);
}

}  // namespace group_tables
