#include "tuner_bench.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune::tune {
namespace {

TEST(TunerResume, a_cubin_that_was_not_compiled_because_of_a_stop_is_no_row) {
  Bench bench(3);
  bench.while_waiting = [&](std::size_t index) {
    if (index == 0) return;
    bench.stop = true;
    bench.cubins[1] = Failure{Invalidity::compile, "interrupted before it was compiled"};
  };
  EXPECT_FALSE(bench.run());
  ASSERT_EQ(bench.sink.rows.size(), 1u) << "the one that was judged is timed and written";
  EXPECT_EQ(block_n(bench.sink.rows[0]), 16);
}

TEST(TunerResume, a_stop_before_the_first_cubin_begins_nothing) {
  Bench bench(3);
  bench.while_waiting = [&](std::size_t) { bench.stop = true; };
  EXPECT_FALSE(bench.run());
  EXPECT_TRUE(bench.sink.rows.empty());
  EXPECT_TRUE(bench.worker.prepared.empty());
}

TEST(TunerResume, a_resumed_sweep_that_was_complete_asks_the_worker_nothing) {
  Bench bench(5);
  bench.worker.libraries = std::vector<Baseline>{{provider::kCublasLtBlock, 2, ""}};
  bench.worker.time_us = [](const Contender&) { return 10.0; };
  bench.run();
  bench.resume();
  EXPECT_TRUE(bench.run());
  EXPECT_TRUE(bench.worker.prepared.empty());
  EXPECT_TRUE(bench.worker.measured.empty());
  EXPECT_TRUE(bench.sink.rows.empty());
  EXPECT_EQ(bench.progress.steps, 10u);
  EXPECT_EQ(bench.progress.skipped, 5u);
}

TEST(TunerResume, energy_is_added_to_a_race_that_was_held_without_and_its_times_stay) {
  Bench bench(3);
  bench.worker.libraries = std::vector<Baseline>{{provider::kCublasLtBlock, 1, ""}};
  bench.run();
  const std::vector<Row> raced = bench.sink.of(Stage::final);
  bench.resume();
  bench.energy = true;
  bench.worker.energy_j = 0.25;
  bench.worker.time_us = [](const Contender&) { return 99.0; };
  bench.run();
  EXPECT_TRUE(bench.worker.verified.empty());
  EXPECT_EQ(bench.worker.measured.size(), 2u) << "the library and the winner, nothing else";
  ASSERT_EQ(bench.sink.rows.size(), 2u);
  for (Row row : bench.sink.rows) {
    EXPECT_EQ(row.energy_j, 0.25);
    row.energy_j.reset();
    const auto is_same = [&](const Row& before) { return row_id(before) == row_id(row); };
    const auto before = std::ranges::find_if(raced, is_same);
    ASSERT_NE(before, raced.end());
    EXPECT_EQ(row.time_us, before->time_us);
    EXPECT_EQ(row.samples_us, before->samples_us);
    EXPECT_EQ(row.run_id, before->run_id);
  }
  bench.resume();
  bench.run();
  EXPECT_TRUE(bench.worker.prepared.empty()) << "once is enough";
}

TEST(TunerResume, where_no_energy_can_be_measured_no_row_is_written_again) {
  Bench bench(2);
  bench.run();
  bench.resume();
  bench.energy = true;  // the worker's meter shows 0
  bench.run();
  EXPECT_EQ(bench.worker.measured.size(), 1u);
  EXPECT_TRUE(bench.sink.rows.empty());
}

TEST(TunerResume, no_energy_is_measured_on_another_board_than_that_of_the_race) {
  Bench bench(2);
  bench.run();
  bench.resume();
  for (auto& [id, row] : bench.journal) row.board_uuid = "GPU-another";
  bench.energy = true;
  bench.run();
  EXPECT_TRUE(bench.worker.measured.empty());
  EXPECT_TRUE(bench.sink.rows.empty());
}

TEST(TunerResume, a_resumed_sweep_measures_only_what_is_missing) {
  Bench bench(36);
  int batches = 0;
  bench.worker.after_measure = [&] { bench.stop = ++batches == 2; };
  EXPECT_FALSE(bench.run());
  EXPECT_EQ(bench.sink.rows.size(), 32u) << "what was measured before the stop is written";
  bench.resume();
  EXPECT_TRUE(bench.run());
  ASSERT_EQ(bench.worker.verified.size(), 4u);
  EXPECT_EQ(bench.worker.verified[0].config.at("block_n"), 16 + 8 * 32);
  EXPECT_EQ(bench.screened().size(), 4u);
  EXPECT_TRUE(bench.raced().contains(16)) << "known rows take part";
}

TEST(TunerResume, candidates_that_lose_the_machine_while_they_are_timed_are_not_tried_again) {
  Bench bench(12);
  bench.worker.environment->device = "fake";  // it is still there
  bench.worker.time_us = [](const Contender&) -> Outcome<double> {
    return Failure{Invalidity::runtime, "worker died", Blame::uncertain};
  };
  EXPECT_THROW(bench.run(), UserError);
  const std::size_t blamed = bench.sink.rows.size();
  EXPECT_EQ(blamed, static_cast<std::size_t>(CarefulWorker::kMostLostInARow) - 1);
  bench.resume();
  EXPECT_NO_THROW(bench.run());
  EXPECT_EQ(bench.sink.rows.size(), 12 - blamed);
}

TEST(TunerResume, a_problem_that_cannot_be_prepared_is_tried_again_and_one_row) {
  Bench bench(2);
  bench.worker.prepare_failure = [](const Problem&) { return Failure{Invalidity::runtime, "out of memory"}; };
  bench.run();
  EXPECT_EQ(bench.sink.rows.size(), 1u);
  bench.resume();
  bench.run();
  EXPECT_EQ(bench.worker.prepared.size(), 1u);
  EXPECT_TRUE(bench.sink.rows.empty());
}

TEST(TunerResume, what_was_judged_when_the_stop_came_is_timed_and_nothing_more_is_begun) {
  Bench bench(6);
  bench.worker.judge = [&](const Contender& c) {
    bench.stop = c.config.at("block_n") == 32;
    return Verdict{};
  };
  EXPECT_FALSE(bench.run());
  EXPECT_EQ(bench.sink.rows.size(), 3u);
  EXPECT_EQ(bench.worker.verified.size(), 3u);
  EXPECT_EQ(bench.worker.measured.size(), 1u);
}

TEST(TunerResume, a_second_screening_that_was_cut_short_is_run_again_as_a_whole) {
  Bench bench(6);
  bench.run();
  const auto again = std::find_if(bench.sink.rows.begin(), bench.sink.rows.end(),
                                  [](const Row& row) { return row.policy.ends_with("-n15"); });
  bench.sink.rows.erase(again + 1, bench.sink.rows.end());
  bench.resume();
  bench.run();
  EXPECT_TRUE(bench.timed(3).empty());
  EXPECT_EQ(bench.timed(15).at(0).contenders.size(), 4u);
  EXPECT_EQ(bench.raced(), (std::set<std::int64_t>{16, 24}));
}

TEST(TunerResume, a_race_that_was_cut_short_is_run_again_as_a_whole) {
  Bench bench(3);
  bench.run();
  bench.sink.rows.pop_back();
  bench.resume();
  bench.run();
  ASSERT_EQ(bench.worker.measured.size(), 1u);
  EXPECT_EQ(bench.worker.measured[0].contenders.size(), 2u);
}

}  // namespace
}  // namespace gemmtune::tune
