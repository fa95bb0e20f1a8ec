#include "core/warnings.h"
#include "tuner_bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace gemmtune::tune {
namespace {

TEST(TunerRace, screens_the_near_best_again_and_races_the_nearest_of_them_each_in_one_request) {
  Bench bench(30);
  bench.worker.time_us = [](const Contender& c) {
    return 100.0 + 0.125 * static_cast<double>(c.config.at("block_n") - 16);  // 100, 101, 102 ...
  };
  bench.run();
  ASSERT_EQ(bench.timed(15).size(), 1u);
  EXPECT_EQ(bench.timed(15)[0].contenders.size(), 5u) << "100 ... 104";
  ASSERT_EQ(bench.timed(30).size(), 1u);
  EXPECT_EQ(bench.timed(30)[0].contenders.size(), 3u) << "100 ... 102";
  EXPECT_EQ(bench.raced(), (std::set<std::int64_t>{16, 24, 32}));
}

TEST(TunerRace, races_no_more_finalists_than_asked_for) {
  Bench bench(70);
  bench.worker.time_us = [](const Contender&) { return 10.0; };
  bench.run();
  EXPECT_EQ(bench.timed(15).at(0).contenders.size(), 64u);
  EXPECT_EQ(bench.raced().size(), 16u);
}

TEST(TunerRace, the_best_wins_though_it_was_unlucky_in_the_first_screening) {
  Bench bench(20);
  // block_n 64 is the best by 0.5 %, and looks 4 % slower when three samples are taken.
  int samples = 0;
  bench.worker.before_measure = [&](const MeasureRequest& request) { samples = request.policy.samples; };
  bench.worker.time_us = [&](const Contender& c) {
    const double block_n = static_cast<double>(c.config.at("block_n"));
    if (block_n != 64) return 100 + 0.001 * block_n;
    return samples == 3 ? 100 * 1.04 : 100 * 0.995;
  };
  bench.run();
  const auto raced = bench.sink.of(Stage::final);
  const auto best = std::min_element(raced.begin(), raced.end(),
                                     [](const Row& a, const Row& b) { return *a.time_us < *b.time_us; });
  ASSERT_NE(best, raced.end());
  EXPECT_EQ(block_n(*best), 64);
}

TEST(TunerRace, races_the_best_answer_of_each_library_and_the_first_of_the_block_scaled) {
  Bench bench(1);
  bench.worker.libraries = std::vector<Baseline>{{provider::kCublasLtBlock, 3, ""},
                                                 {provider::kCublasLtTensor, 2, ""},
                                                 {provider::kCublasBf16, 0, "refused: M % 4"}};
  bench.worker.time_us = [](const Contender& c) {
    return c.provider == provider::kGemmtune ? 10.0 : 30.0 - static_cast<double>(c.config.at("answer"));
  };
  bench.run();
  EXPECT_EQ(bench.screened().size(), 1u + 3u + 2u + 1u);
  const auto raced = bench.sink.of(Stage::final);
  ASSERT_EQ(raced.size(), 4u);
  EXPECT_EQ(raced[0].provider, provider::kCublasLtBlock);
  EXPECT_EQ(raced[0].config.at("answer"), 2);
  EXPECT_EQ(raced[1].provider, provider::kCublasLtTensor);
  EXPECT_EQ(raced[1].config.at("answer"), 1);
  EXPECT_EQ(raced[2].provider, provider::kCublasLtBlock);
  EXPECT_EQ(raced[2].config.at("answer"), 0);
  EXPECT_EQ(raced[3].provider, provider::kGemmtune);
  const auto screened = bench.screened();
  const Row refusal = *std::find_if(screened.begin(), screened.end(),
                                    [](const Row& row) { return row.provider == provider::kCublasBf16; });
  EXPECT_EQ(refusal.provider, provider::kCublasBf16);
  EXPECT_EQ(refusal.invalidity, Invalidity::constraints);
  EXPECT_EQ(refusal.reason, "refused: M % 4");
}

TEST(TunerRace, an_answer_that_was_lucky_once_does_not_stand_for_its_library) {
  Bench bench(1);
  bench.worker.libraries = std::vector<Baseline>{{provider::kCublasLtTensor, 2, ""}};
  bool again = false;
  bench.worker.before_measure = [&](const MeasureRequest& request) { again = request.policy.samples == 15; };
  bench.worker.time_us = [&](const Contender& c) {
    if (c.provider == provider::kGemmtune) return 10.0;
    return c.config.at("answer") == 1 ? 20.5 : again ? 21.0 : 20.0;
  };
  bench.run();
  const auto raced = bench.sink.of(Stage::final);
  ASSERT_EQ(raced.size(), 2u);
  EXPECT_EQ(raced[0].config.at("answer"), 1);
}

TEST(TunerRace, a_wrong_library_is_a_row_and_is_not_raced) {
  Bench bench(1);
  bench.worker.libraries = std::vector<Baseline>{{provider::kCublasLtBlock, 1, ""}};
  bench.worker.judge = [](const Contender& c) {
    return Verdict{0, 0, c.provider == provider::kGemmtune ? "" : "wrong"};
  };
  bench.run();
  EXPECT_EQ(bench.screened().back().invalidity, Invalidity::correctness);
  ASSERT_EQ(bench.sink.of(Stage::final).size(), 1u);
  EXPECT_EQ(bench.sink.of(Stage::final)[0].provider, provider::kGemmtune);
}

TEST(TunerRace, baselines_that_cannot_be_asked_for_are_recorded_and_the_race_goes_on) {
  Bench bench(1);
  bench.worker.libraries = Failure{Invalidity::timeout, "no answer"};
  bench.run();
  EXPECT_EQ(bench.screened().back().reason, "baselines: no answer");
  EXPECT_EQ(bench.sink.of(Stage::final).size(), 1u);
}

TEST(TunerRace, blames_the_one_that_breaks_the_race_and_races_the_others_without_it) {
  Bench bench(3);
  // block_n 24 survives both screenings and breaks afterwards.
  int asked = 0;
  bench.worker.time_us = [&](const Contender& c) -> Outcome<double> {
    if (c.config.at("block_n") == 24 && ++asked > 2) return Failure{Invalidity::runtime, "illegal address"};
    return 10.0;
  };
  bench.run();
  const auto raced = bench.sink.of(Stage::final);
  ASSERT_EQ(raced.size(), 3u);
  int failed = 0;
  for (const Row& row : raced) {
    if (block_n(row) != 24) {
      EXPECT_EQ(row.invalidity, Invalidity::correct);
      EXPECT_EQ(row.samples_us.size(), 30u);
      continue;
    }
    ++failed;
    EXPECT_EQ(row.invalidity, Invalidity::runtime);
    EXPECT_FALSE(row.time_us) << "the time of the screening must not pass for one of the race";
  }
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(bench.worker.measured.back().contenders.size(), 2u);
}

TEST(TunerRace, one_that_breaks_the_second_screening_is_not_raced) {
  Bench bench(3);
  int asked = 0;
  bench.worker.time_us = [&](const Contender& c) -> Outcome<double> {
    if (c.config.at("block_n") == 24 && ++asked > 1) return Failure{Invalidity::runtime, "illegal address"};
    return 10.0;
  };
  bench.run();
  EXPECT_EQ(bench.screened(24).invalidity, Invalidity::correct);
  EXPECT_EQ(bench.raced(), (std::set<std::int64_t>{16, 32}));
}

TEST(TunerRace, measures_the_energy_of_the_pick_alone_when_asked_to) {
  Bench bench(3);
  bench.energy = true;
  bench.worker.time_us = [](const Contender&) { return 10.0; };
  bench.worker.energy_j = 0.25;
  bench.run();
  const MeasureRequest& asked = bench.worker.measured.back();
  EXPECT_EQ(asked.policy.regime, PowerRegime::sustained);
  ASSERT_EQ(asked.contenders.size(), 1u);
  for (const Row& row : bench.sink.of(Stage::final)) {
    EXPECT_EQ(row.regime, PowerRegime::burst);
    EXPECT_EQ(row.energy_j.has_value(), row.config == asked.contenders[0].config);
  }
}

TEST(TunerRace, measures_the_energy_of_each_librarys_fastest_in_the_same_way_before_that_of_the_pick) {
  Bench bench(1);
  bench.energy = true;
  bench.worker.libraries =
      std::vector<Baseline>{{provider::kCublasLtBlock, 2, ""}, {provider::kCublasBf16, 1, ""}};
  bench.worker.time_us = [](const Contender& c) {
    if (c.provider == provider::kGemmtune) return 10.0;
    return c.provider == provider::kCublasBf16 ? 30.0 : c.config.at("answer") == 1 ? 20.0 : 20.5;
  };
  bench.worker.energy_j = 0.25;
  bench.run();
  std::vector<std::string> asked;
  for (const MeasureRequest& request : bench.worker.measured) {
    if (request.policy.regime != PowerRegime::sustained) continue;
    ASSERT_EQ(request.contenders.size(), 1u) << "the energy of several at once is nobody's";
    asked.push_back(request.contenders[0].provider);
  }
  EXPECT_EQ(asked,
            (std::vector<std::string>{provider::kCublasBf16, provider::kCublasLtBlock, provider::kGemmtune}));
  for (const Row& row : bench.sink.of(Stage::final)) {
    const bool is_first_answer = row.provider == provider::kCublasLtBlock && row.config.at("answer") == 0;
    EXPECT_EQ(row.energy_j.has_value(), !is_first_answer)
        << row.provider << " was raced, and is not the fastest";
  }
}

TEST(TunerRace, races_the_winner_and_other_kernels_back_to_back_when_asked_to) {
  Bench bench(8);
  bench.sustained = true;
  bench.plan.problems[0].problem.m = 4096;
  bench.worker.libraries = std::vector<Baseline>{{provider::kCublasLtBlock, 1, ""}};
  bench.worker.time_us = [](const Contender& c) {
    return c.provider == provider::kGemmtune ? 10 + 0.001 * static_cast<double>(c.config.at("block_n"))
                                             : 12.0;
  };
  bench.run();
  ASSERT_EQ(bench.timed(4).size(), 1u) << "all of them in one request: they take turns";
  EXPECT_EQ(bench.timed(4)[0].contenders.size(), 4u) << "ours alone, and no more than four";
  EXPECT_EQ(bench.timed(4)[0].policy.regime, PowerRegime::blocks);
  const std::vector<Row> raced = bench.sink.of(Stage::sustained);
  ASSERT_EQ(raced.size(), 4u);
  EXPECT_EQ(block_n(raced.front()), 16) << "the winner in bursts is among them";
  for (const Row& row : raced) {
    EXPECT_EQ(row.samples_us.size(), 4u) << "each block is kept: they are the spread";
    EXPECT_EQ(row.regime, PowerRegime::blocks);
    EXPECT_EQ(row.l2, L2Policy::cold_rotate);
    EXPECT_EQ(row.invalidity, Invalidity::correct);
  }
  EXPECT_EQ(bench.sink.rows.back().stage, Stage::sustained) << "the race in bursts is on disk before";
  bench.resume();
  bench.run();
  EXPECT_TRUE(bench.sink.rows.empty());
  EXPECT_TRUE(bench.worker.prepared.empty());
}

TEST(TunerRace, races_back_to_back_only_where_there_are_rows_enough_and_a_choice) {
  Bench few(8), alone(1), unasked(8);
  few.sustained = alone.sustained = true;
  few.plan.problems[0].problem.m = 1023;
  alone.plan.problems[0].problem.m = unasked.plan.problems[0].problem.m = 4096;
  for (Bench* bench : {&few, &alone, &unasked}) {
    bench->worker.time_us = [](const Contender&) { return 10.0; };
    bench->run();
    EXPECT_TRUE(bench->sink.of(Stage::sustained).empty());
    EXPECT_FALSE(bench->sink.of(Stage::final).empty());
  }
}

TEST(TunerRace, blocks_that_could_not_be_paired_decide_nothing) {
  Bench bench(8);
  bench.sustained = true;
  bench.plan.problems[0].problem.m = 4096;
  bench.worker.time_us = [](const Contender&) { return 10.0; };
  bench.worker.before_measure = [&](const MeasureRequest& request) {
    bench.worker.crowd_failure.reset();
    if (request.policy.regime == PowerRegime::blocks)
      bench.worker.crowd_failure = {Invalidity::runtime, "no"};
  };
  bench.run();
  const std::vector<Row> raced = bench.sink.of(Stage::sustained);
  ASSERT_EQ(raced.size(), 4u);
  for (const Row& row : raced) {
    EXPECT_EQ(row.invalidity, Invalidity::runtime) << "each of them runs alone";
    EXPECT_FALSE(row.time_us);
  }
}

TEST(TunerRace, adds_a_race_back_to_back_to_one_in_bursts_that_an_earlier_run_held) {
  Bench bench(8);
  bench.plan.problems[0].problem.m = 4096;
  bench.worker.time_us = [](const Contender&) { return 10.0; };
  bench.run();
  bench.resume();
  bench.sustained = true;
  bench.run();
  EXPECT_EQ(bench.sink.rows.size(), 4u);
  EXPECT_EQ(bench.sink.of(Stage::sustained).size(), 4u);
}

TEST(TunerRace, counts_over_the_pick_alone_after_all_timing_when_asked_to) {
  Bench bench(3);
  bench.counters = true;
  bench.worker.time_us = [](const Contender&) { return 10.0; };
  bench.worker.before_measure = [&](const MeasureRequest&) { EXPECT_TRUE(bench.worker.counted.empty()); };
  bench.run();
  ASSERT_EQ(bench.worker.counted.size(), 1u);
  const CountRequest& asked = bench.worker.counted[0];
  ASSERT_EQ(asked.contenders.size(), 1u);
  EXPECT_EQ(asked.policy.samples, 30) << "under the policy of the race";
  for (const Row& row : bench.sink.of(Stage::final)) {
    EXPECT_EQ(row.counters.has_value(), row.config == asked.contenders[0].config);
    EXPECT_TRUE(row.warnings.empty());
  }
}

TEST(TunerRace, counts_nothing_unless_asked_to) {
  Bench bench(1);
  bench.run();
  EXPECT_TRUE(bench.worker.counted.empty());
}

TEST(TunerRace, counters_that_cannot_be_read_are_a_warning_and_change_nothing_else) {
  Bench bench(2);
  bench.counters = true;
  bench.worker.counters = Failure{Invalidity::runtime, "no privilege"};
  bench.run();
  std::size_t warned = 0;
  for (const Row& row : bench.sink.of(Stage::final)) {
    EXPECT_FALSE(row.counters);
    EXPECT_EQ(row.invalidity, Invalidity::correct);
    EXPECT_TRUE(row.time_us);
    warned += row.warnings == std::vector<std::string>{"not_counted"};
  }
  EXPECT_EQ(warned, 1u);
}

TEST(TunerRace, energy_that_stays_unknown_is_said) {
  Bench bench(2);
  bench.energy = true;
  bench.worker.time_us = [](const Contender&) { return 10.0; };
  bench.run();  // the worker's meter shows 0
  const auto said = [](const Row& row) { return std::ranges::count(row.warnings, warning::kEnergyUnknown); };
  const std::vector<Row> raced = bench.sink.of(Stage::final);
  EXPECT_EQ(std::ranges::count_if(raced, said), 1) << "of the winner alone";
  bench.resume();
  bench.worker.energy_j = 0.25;
  bench.run();
  ASSERT_EQ(bench.sink.rows.size(), 1u);
  EXPECT_EQ(bench.sink.rows[0].energy_j, 0.25);
  EXPECT_EQ(said(bench.sink.rows[0]), 0);
}

TEST(TunerRace, energy_that_cannot_be_measured_changes_nothing_else) {
  Bench bench(1);
  bench.energy = true;
  bench.worker.energy_j = 0.25;
  bench.worker.before_measure = [&](const MeasureRequest& request) {
    if (request.policy.regime == PowerRegime::sustained)
      bench.worker.time_us = [](const Contender&) -> Outcome<double> {
        return Failure{Invalidity::runtime, "no"};
      };
  };
  bench.run();
  const Row row = bench.sink.of(Stage::final).at(0);
  EXPECT_FALSE(row.energy_j);
  EXPECT_EQ(row.invalidity, Invalidity::correct);
  EXPECT_DOUBLE_EQ(*row.time_us, 16);
}

}  // namespace
}  // namespace gemmtune::tune
