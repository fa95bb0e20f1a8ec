#include "store/sustained.h"

#include "core/serialise.h"
#include "fixtures/rows.h"
#include "store/table.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <functional>

namespace gemmtune::store {
namespace {

using namespace fixtures;

/// Four rounds of blocks, each a percent slower than the one before.
Row blocks(const Config& config, double time_us, int second = 2, const std::string& run = "run1") {
  Row r = row(4096, config, time_us, Stage::sustained, second);
  r.run_id = run;
  r.policy = "cold_rotate-event-blocks-w1t3-n4";
  r.l2 = L2Policy::cold_rotate;
  r.regime = PowerRegime::blocks;
  for (int round = 0; round < 4; ++round) r.samples_us.push_back(time_us * (0.985 + 0.01 * round));
  r.energy_j = 1e-3 * time_us;
  return r;
}

Journal journal_of(std::vector<Row> rows) {
  Journal journal;
  journal.headers = {header(), header("run2", 3)};
  journal.rows = std::move(rows);
  return journal;
}

TableEntry entry_of(std::vector<Row> rows) {
  return build_table(journal_of(std::move(rows))).entries.at(0);
}

TEST(Sustained, keeps_both_winners_where_they_differ) {
  Row faster = blocks(config(96), 12.3);
  faster.kernel_hash = "other cubin", faster.code_hash = std::string("0123456789abcdef");
  const Table table = build_table(
      journal_of({row(4096, config(64), 10), row(4096, config(96), 10.4), blocks(config(64), 12.8), faster}));
  ASSERT_EQ(table.entries.size(), 1u);
  const TableEntry& entry = table.entries[0];
  EXPECT_EQ(table.policy, "cold_memset512-event-burst-w1-n15") << "the last timed row is one of bursts";
  EXPECT_EQ(entry.config, config(64));
  EXPECT_EQ(entry.time_us, 10);
  EXPECT_EQ(entry.runners_up.size(), 1u) << "of the race in bursts";
  ASSERT_TRUE(entry.sustained);
  EXPECT_TRUE(wins_in_bursts_alone(entry));
  EXPECT_EQ(entry.sustained->config, config(96));
  EXPECT_EQ(entry.sustained->kernel_hash, "other cubin");
  EXPECT_EQ(entry.sustained->code_hash, "0123456789abcdef");
  EXPECT_EQ(entry.sustained->time_us, 12.3);
  EXPECT_EQ(entry.sustained->policy, "cold_rotate-event-blocks-w1t3-n4");
  EXPECT_DOUBLE_EQ(*entry.sustained->energy_j, 12.3e-3);
  EXPECT_NEAR(entry.sustained->over_burst, 12.3 / 12.8, 1e-9);
  EXPECT_LT(entry.sustained->over_burst_low, 12.3 / 12.8);
  EXPECT_LT(entry.sustained->over_burst_high, 1) << "rounds drift by 3 %, and their ratios do not";
}

TEST(Sustained, leaves_the_winner_in_bursts_the_answer_where_it_is_tied) {
  const TableEntry entry = entry_of({row(4096, config(64), 10), row(4096, config(96), 10.4),
                                     blocks(config(64), 12.8), blocks(config(96), 12.72)});
  ASSERT_TRUE(entry.sustained);
  EXPECT_FALSE(wins_in_bursts_alone(entry));
  EXPECT_EQ(entry.sustained->config, config(64));
  EXPECT_EQ(entry.sustained->time_us, 12.8);
  EXPECT_EQ(entry.sustained->over_burst, 1);
}

/// The planted defect: the rounds of one beside others of the other.
TEST(Sustained, is_not_decided_where_blocks_are_not_paired) {
  Row faster = blocks(config(96), 12.6);
  EXPECT_TRUE(wins_in_bursts_alone(
      entry_of({row(4096, config(64), 10), row(4096, config(96), 10.4), blocks(config(64), 12.8), faster})));
  std::ranges::reverse(faster.samples_us);
  EXPECT_FALSE(wins_in_bursts_alone(
      entry_of({row(4096, config(64), 10), row(4096, config(96), 10.4), blocks(config(64), 12.8), faster})));
}

TEST(Sustained, takes_the_last_race_in_which_the_winner_in_bursts_was) {
  std::vector<Row> rows = {row(4096, config(64), 10), row(4096, config(96), 10.4), blocks(config(64), 12.8),
                           blocks(config(96), 12.3)};
  EXPECT_EQ(entry_of(rows).sustained->time_us, 12.3);
  for (Row& again : std::vector<Row>{blocks(config(64), 13, 4, "run2"), blocks(config(96), 13.9, 4, "run2")})
    rows.push_back(again);
  EXPECT_EQ(entry_of(rows).sustained->config, config(64));
  EXPECT_EQ(entry_of(rows).sustained->time_us, 13);
  rows.resize(3);
  EXPECT_FALSE(entry_of(rows).sustained) << "one alone is no race";
  rows[2] = blocks(config(96), 12.3);
  rows.push_back(blocks(config(112), 12.4));
  EXPECT_FALSE(entry_of(rows).sustained) << "the winner in bursts was not in it";
}

/// What explain shows: ratios between blocks of two runs would be of an unlike board.
TEST(Sustained, pairs_nobody_with_another_race) {
  const std::vector<Row> rows = {blocks(config(64), 12.8), blocks(config(96), 12.3),
                                 blocks(config(64), 13, 4, "run2"), blocks(config(112), 13.9, 4, "run2")};
  std::vector<const Row*> pointers;
  for (const Row& row : rows) pointers.push_back(&row);
  TableEntry entry;
  entry.config = config(64);
  EXPECT_EQ(paired_with(entry, pointers), (std::vector<const Row*>{&rows[2], &rows[3]}));
  entry.config = config(96);
  EXPECT_EQ(paired_with(entry, pointers), (std::vector<const Row*>{&rows[0], &rows[1]}));
}

TEST(Sustained, leaves_out_who_is_wrong_or_has_other_rounds) {
  Row wrong = blocks(config(96), 12), shorter = blocks(config(112), 12);
  wrong.invalidity = Invalidity::runtime;
  shorter.samples_us.pop_back();
  const std::vector<Row> rows = {row(4096, config(64), 10), blocks(config(64), 12.8), wrong, shorter};
  EXPECT_FALSE(entry_of(rows).sustained);
}

TEST(Sustained, is_as_before_in_a_table_that_is_read_again) {
  const ScratchFolder folder;
  const Table table = build_table(journal_of({row(4096, config(64), 10), row(4096, config(96), 10.4),
                                              blocks(config(64), 12.8), blocks(config(96), 12.3)}));
  write_text(folder / "table.json", to_text(table));
  EXPECT_EQ(to_text(read_table(folder / "table.json")), to_text(table));
  const TableEntry as = as_sustained(read_table(folder / "table.json").entries.at(0));
  EXPECT_EQ(as.config, config(96));
  EXPECT_EQ(as.time_us, 12.3);
  EXPECT_TRUE(as.tie_set.empty());
}

TEST(Sustained, is_not_in_a_table_of_before_and_leaves_no_trace_there) {
  const std::string text = to_text(build_table(journal_of({row(4096, config(64), 10)})));
  EXPECT_EQ(text.find("sustained"), std::string::npos);
}

TEST(Sustained, of_a_table_that_says_nonsense_is_refused) {
  const ScratchFolder folder;
  const Json good =
      parse_json(to_text(build_table(journal_of({row(4096, config(64), 10), row(4096, config(96), 10.4),
                                                 blocks(config(64), 12.8), blocks(config(96), 12.3)}))));
  const auto refused = [&](const std::function<void(Json&)>& spoil) {
    Json bad = good;
    spoil(bad["entries"][0]["sustained"]);
    write_text(folder / "table.json", json_text(bad));
    EXPECT_THROW(read_table(folder / "table.json"), UserError) << json_text(bad["entries"][0]["sustained"]);
  };
  refused([](Json& s) { s = 5; });
  refused([](Json& s) { s["time_us"] = 0; });
  refused([](Json& s) { s["over_burst"] = 0; });
  refused([](Json& s) { s["over_burst_high"] = 1e300; });
  refused([](Json& s) { s.erase("config"); });
}

}  // namespace
}  // namespace gemmtune::store
