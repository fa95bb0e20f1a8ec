#include "store/merged_table.h"

#include "core/serialise.h"
#include "fixtures/rows.h"
#include "store/table.h"

#include <gtest/gtest.h>

namespace gemmtune::store {
namespace {

using namespace fixtures;

std::vector<Row> race(std::int64_t m, const std::string& run, int second) {
  std::vector<Row> rows = {row(m, config(64), 10, Stage::final, second),
                           row(m, config(96), 10.4, Stage::final, second)};
  for (Row& one : rows) one.run_id = run;
  return rows;
}

std::vector<Row> back_to_back(std::int64_t m, const std::string& run, int second) {
  std::vector<Row> rows = {row(m, config(64), 12.8, Stage::sustained, second),
                           row(m, config(96), 12.3, Stage::sustained, second)};
  for (Row& one : rows) {
    one.run_id = run;
    one.policy = "cold_rotate-event-blocks-w1t3-n3";
    one.l2 = L2Policy::cold_rotate;
    one.regime = PowerRegime::blocks;
    for (const double part : {0.99, 1.0, 1.01}) one.samples_us.push_back(part * *one.time_us);
  }
  return rows;
}

/// Which of the runs is told first at the end hangs on their names.
TEST(MergedTable, has_races_back_to_back_of_whichever_run_added_them) {
  for (const char* const later : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    Journal journal;
    journal.headers = {header("run1", 0), header(later, 10)};
    for (const auto& rows : {race(2048, "run1", 1), race(4096, "run1", 2), back_to_back(4096, later, 11),
                             back_to_back(2048, later, 12)})
      journal.rows.insert(journal.rows.end(), rows.begin(), rows.end());
    const ScratchFolder folder;
    std::string text;
    MergedTable merged;
    for (const RunHeader& run : journal.headers) merged.add_run(run);
    for (const Row& one : journal.rows) {
      const std::string line = to_json(one).dump();
      merged.add_row(line);
      text += line + "\n";
    }
    write_text(folder / "journal.jsonl", text);
    const Table table = merged.build(folder / "journal.jsonl");
    ASSERT_EQ(table.entries.size(), 2u);
    for (const TableEntry& entry : table.entries) {
      ASSERT_TRUE(entry.sustained) << later << ", M " << entry.problem.m;
      EXPECT_EQ(entry.sustained->config, config(96));
    }
    EXPECT_EQ(to_text(table), to_text(build_table(journal))) << later;
  }
}

}  // namespace
}  // namespace gemmtune::store
