#include "store/steps.h"

#include "fixtures/rows.h"
#include "store/table.h"
#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::store {
namespace {

using namespace fixtures;

/// Width 64 is best up to M 128, 96 from 256 on; at 512 both are within a tie. 200 and 3 judge.
Journal journal() {
  Journal journal;
  journal.headers = {header()};
  journal.headers[0].m_steps = MSteps{{16, 512}, {3, 200}};
  journal.rows = {row(16, config(64), 10),  row(16, config(96), 12),     //
                  row(128, config(64), 20), row(128, config(96), 21),    //
                  row(256, config(96), 30), row(256, config(64), 33),    //
                  row(512, config(96), 50), row(512, config(64), 50.1),  //
                  row(3, config(64), 9),    row(3, config(96), 12),      //
                  row(200, config(64), 24), row(200, config(96), 25)};
  return journal;
}

TEST(Steps, are_entries_for_every_m_from_1_on) {
  const Table table = build_table(journal());
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_EQ(table.entries[0].from_m, 1);
  EXPECT_EQ(table.entries[0].problem.m, 128);
  EXPECT_EQ(table.entries[0].config, config(64));
  EXPECT_EQ(table.entries[1].from_m, 129);
  EXPECT_EQ(table.entries[1].problem.m, 512);
  EXPECT_EQ(table.entries[1].config, config(96));
  Problem asked = table.entries[0].problem;
  const auto answer = [&](std::int64_t m) {
    asked.m = m;
    return lookup(table, asked).entry->config;
  };
  EXPECT_EQ(answer(1), config(64));
  EXPECT_EQ(answer(128), config(64));
  EXPECT_EQ(answer(129), config(96));
  EXPECT_EQ(answer(100000), config(96));
}

TEST(Steps, a_tuned_m_is_a_step_of_its_own_where_the_one_above_loses) {
  Journal of_both = journal();
  of_both.rows[0].time_us = of_both.rows[0].time_us_low = of_both.rows[0].time_us_high = 13;  // at 16 96 wins
  const Table table = build_table(of_both);
  ASSERT_EQ(table.entries.size(), 3u);
  EXPECT_EQ(table.entries[0].problem.m, 16);
  EXPECT_EQ(table.entries[0].config, config(96));
  EXPECT_EQ(table.entries[1].from_m, 17);
}

/// At 128 96 loses little, at 64 96 is best and 64 loses much: so it may at 65 to 127, where nobody looked.
TEST(Steps, who_loses_at_the_next_m_below_gives_way_to_the_one_above_that_does_not) {
  Journal dips = journal();
  dips.rows[3].time_us = dips.rows[3].time_us_low = dips.rows[3].time_us_high = 20.3;  // of 96, at 128
  dips.rows.push_back(row(64, config(96), 15));
  dips.rows.push_back(row(64, config(64), 17));
  Table table = build_table(dips);
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_EQ(table.entries[0].problem.m, 16);
  EXPECT_EQ(table.entries[1].from_m, 17);
  EXPECT_EQ(table.entries[1].config, config(96));

  Row& above = dips.rows[3];
  above.time_us = above.time_us_low = above.time_us_high = 20.5;
  table = build_table(dips);
  ASSERT_EQ(table.entries.size(), 4u) << "96 loses too much at 128";
  EXPECT_EQ(table.entries[2].from_m, 65);
  EXPECT_EQ(table.entries[2].config, config(64));

  above.time_us = above.time_us_low = above.time_us_high = 20.3;
  dips.rows.pop_back();
  EXPECT_EQ(build_table(dips).entries.size(), 4u) << "what was not timed at 64 is not known to lose there";
}

TEST(Steps, whom_it_is_tied_with_is_no_answer_where_it_loses) {
  Journal tied = journal();
  tied.rows[4].time_us = tied.rows[4].time_us_high = 30.3;  // of 96, at 256
  tied.rows[4].time_us_low = 29.9;
  tied.rows[5].time_us = tied.rows[5].time_us_low = tied.rows[5].time_us_high = 30;
  const Table table = build_table(tied);
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_EQ(table.entries[0].problem.m, 256);
  EXPECT_EQ(table.entries[0].config, config(64));
  EXPECT_EQ(table.entries[0].tie_set.size(), 2u);
}

TEST(Steps, are_judged_where_nothing_was_tuned) {
  const Table table = build_table(journal());
  ASSERT_EQ(table.checks.size(), 2u);
  EXPECT_EQ(table.checks[0].problem.m, 3);
  EXPECT_EQ(table.checks[0].entry_m, 128);
  EXPECT_EQ(table.checks[0].regret, 0);
  EXPECT_EQ(table.checks[1].entry_m, 512);
  EXPECT_EQ(table.checks[1].best_us, 24);
  EXPECT_NEAR(*table.checks[1].regret, 25.0 / 24 - 1, 1e-9);
  const StepRegret regret = regret_of(table.checks);
  EXPECT_EQ(regret.checks, 2u);
  EXPECT_NEAR(regret.max, 25.0 / 24 - 1, 1e-9);
  EXPECT_NEAR(regret.geomean, std::sqrt(25.0 / 24) - 1, 1e-9);
}

TEST(Steps, what_was_not_timed_at_a_check_is_not_taken_for_no_loss) {
  Journal untimed = journal();
  untimed.rows.pop_back();
  const Table table = build_table(untimed);
  EXPECT_FALSE(table.checks[1].regret);
  EXPECT_EQ(regret_of(table.checks).unmeasured, 1u);
}

TEST(Steps, times_of_unlike_stages_are_not_compared) {
  Journal screened = journal();
  Row& loser =
      screened.rows.back();  // timed in a screening alone, where the winner took longer than in the race
  loser.stage = Stage::screen;
  loser.policy = "cold-n3";
  Row winner = row(200, config(64), 25, Stage::screen);
  winner.policy = "cold-n3";
  screened.rows.push_back(winner);
  EXPECT_EQ(build_table(screened).checks[1].regret, 0);
}

TEST(Steps, come_back_from_the_file) {
  const ScratchFolder folder;
  const Table table = build_table(journal());
  write_text(folder / "table.json", to_text(table));
  const Table read = read_table(folder / "table.json");
  EXPECT_EQ(to_text(read), to_text(table));
  EXPECT_EQ(read.entries[1].from_m, 129);
  EXPECT_EQ(read.checks[1].regret, table.checks[1].regret);
  std::string broken = to_text(table);
  broken.replace(broken.find("\"from_m\": 129"), 13, "\"from_m\": 1.5");
  write_text(folder / "broken.json", broken);
  EXPECT_THROW(read_table(folder / "broken.json"), UserError);
}

TEST(Steps, a_sweep_of_given_m_has_none) {
  Journal given = journal();
  given.headers[0].m_steps.reset();
  const Table table = build_table(given);
  EXPECT_EQ(table.entries.size(), 6u);
  EXPECT_FALSE(table.entries[0].from_m);
  EXPECT_EQ(to_text(table).find("steps"), std::string::npos);
}

}  // namespace
}  // namespace gemmtune::store
