#include "operation/providers.h"
#include "tuner_bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace gemmtune::tune {
namespace {

TEST(Tuner, a_correct_candidate_gives_one_row_a_screening_and_one_final_row) {
  Bench bench(1);
  EXPECT_TRUE(bench.run());
  ASSERT_EQ(bench.sink.rows.size(), 3u);
  const Row& screen = bench.sink.rows[0];
  EXPECT_EQ(screen.stage, Stage::screen);
  EXPECT_EQ(screen.invalidity, Invalidity::correct);
  EXPECT_EQ(screen.policy, "cold_memset512-event-burst-w1t3-n3");
  EXPECT_DOUBLE_EQ(*screen.time_us, 16);
  EXPECT_DOUBLE_EQ(*screen.tflops, 2e6 / 16e-6 * 1e-12);
  EXPECT_DOUBLE_EQ(*screen.gbps, static_cast<double>(operation::bytes(screen.problem)) / 16e-6 * 1e-9);
  EXPECT_DOUBLE_EQ(*screen.sm_clock_mhz, 1500);
  EXPECT_DOUBLE_EQ(*screen.sm_cycles, 16 * 1500);
  EXPECT_DOUBLE_EQ(*screen.error_rms, 1e-5);
  EXPECT_EQ(screen.registers, 168);
  EXPECT_EQ(screen.kernel_hash, "hash0");
  EXPECT_EQ(screen.code_hash.value_or(""), "code0");
  EXPECT_EQ(screen.run_id, "run");
  EXPECT_EQ(screen.device, "fake");
  EXPECT_TRUE(screen.samples_us.empty());
  const Row& again = bench.sink.rows[1];
  EXPECT_EQ(again.stage, Stage::screen);
  EXPECT_EQ(again.policy, "cold_memset512-event-burst-w1t3-n15");
  EXPECT_TRUE(again.samples_us.empty());
  const Row& final = bench.sink.rows[2];
  EXPECT_EQ(final.stage, Stage::final);
  EXPECT_EQ(final.code_hash.value_or(""), "code0");
  EXPECT_EQ(final.policy, "cold_memset512-event-burst-w1t3-n30");
  EXPECT_EQ(final.samples_us.size(), 30u);
  EXPECT_DOUBLE_EQ(*final.error_rms, 1e-5);
}

TEST(Tuner, a_wrong_result_is_one_row_and_is_never_timed) {
  Bench bench(2);
  bench.worker.judge = [](const Contender& c) {
    return Verdict{1, 1, c.config.at("block_n") == 16 ? "error_rms 1 > 3.8e-5" : ""};
  };
  bench.run();
  const auto screened = bench.screened();
  ASSERT_EQ(screened.size(), 2u);
  EXPECT_EQ(screened[0].invalidity, Invalidity::correctness);
  EXPECT_EQ(screened[0].reason, "error_rms 1 > 3.8e-5");
  EXPECT_DOUBLE_EQ(*screened[0].error_rms, 1);
  EXPECT_FALSE(screened[0].time_us);
  for (const MeasureRequest& request : bench.worker.measured)
    for (const Contender& contender : request.contenders) EXPECT_NE(contender.config.at("block_n"), 16);
}

TEST(Tuner, a_verdict_that_is_not_finite_leaves_the_figures_out) {
  Bench bench(1);
  bench.worker.judge = [](const Contender&) { return Verdict{std::nan(""), std::nan(""), "NaN in row 3"}; };
  bench.run();
  EXPECT_FALSE(bench.sink.rows.at(0).error_rms);
  EXPECT_EQ(bench.sink.rows.at(0).invalidity, Invalidity::correctness);
}

TEST(Tuner, a_cubin_that_did_not_compile_is_one_row_and_never_launched) {
  Bench bench(2);
  bench.cubins[0] = Failure{Invalidity::compile, "spills 16 bytes"};
  bench.run();
  const auto screened = bench.screened();
  ASSERT_EQ(screened.size(), 2u);
  EXPECT_EQ(screened[0].invalidity, Invalidity::compile);
  EXPECT_EQ(screened[0].reason, "spills 16 bytes");
  ASSERT_EQ(bench.worker.verified.size(), 1u);
  EXPECT_EQ(bench.worker.verified[0].config.at("block_n"), 24);
}

TEST(Tuner, a_worker_that_dies_costs_one_row_and_the_rest_goes_on) {
  Bench bench(3);
  bench.worker.judge = [](const Contender& c) -> Outcome<Verdict> {
    if (c.config.at("block_n") == 24) return Failure{Invalidity::runtime, "signal 11 (SIGSEGV)"};
    return Verdict{};
  };
  bench.run();
  ASSERT_EQ(bench.screened().size(), 3u);
  EXPECT_EQ(bench.screened(24).invalidity, Invalidity::runtime);
  EXPECT_EQ(bench.screened(32).invalidity, Invalidity::correct);
  EXPECT_FALSE(bench.raced().contains(24));
}

TEST(Tuner, a_kernel_that_hangs_while_timed_is_one_row_and_no_finalist) {
  Bench bench(3);
  bench.worker.time_us = [](const Contender& c) -> Outcome<double> {
    if (c.config.at("block_n") == 16) return Failure{Invalidity::timeout, "no answer within 120 s"};
    return 5.0;
  };
  bench.run();
  EXPECT_EQ(bench.screened().size(), 3u);
  EXPECT_EQ(bench.screened(16).invalidity, Invalidity::timeout);
  EXPECT_EQ(bench.screened(24).invalidity, Invalidity::correct) << "it was in the same batch";
  EXPECT_EQ(bench.raced(), (std::set<std::int64_t>{24, 32}));
}

TEST(Tuner, a_batch_that_fails_though_each_runs_alone_blames_nobody) {
  Bench bench(3);
  bench.worker.crowd_failure = Failure{Invalidity::runtime, "out of memory"};
  bench.run();
  for (const Row& row : bench.sink.rows) EXPECT_EQ(row.invalidity, Invalidity::correct) << row.reason;
  EXPECT_DOUBLE_EQ(*bench.screened(24).time_us, 24);
}

TEST(Tuner, every_candidate_ends_as_exactly_one_row_of_the_first_screening) {
  Bench bench(40);
  bench.add_problem(128, 5);
  bench.cubins[3] = Failure{Invalidity::compile, "no"};
  bench.run();
  std::set<std::string> ids;
  for (const Row& row : bench.screened()) ids.insert(row_id(row));
  EXPECT_EQ(ids.size(), 45u);
  EXPECT_EQ(bench.screened().size(), 45u);
  EXPECT_EQ(bench.progress.totals.at("measure"), 45u);
  EXPECT_EQ(bench.progress.steps, 45u);
  EXPECT_NEAR(bench.progress.cost_to_come, 0, 1e-9);
}

TEST(Tuner, says_the_best_time_so_far_of_each_problem_and_when_it_races) {
  Bench bench(40);
  bench.add_problem(128, 5);
  bench.run();
  const std::vector<std::string>& said = bench.progress.said;
  ASSERT_EQ(said.size(), 47u);
  EXPECT_TRUE(said[0].starts_with("best 16.00 µs  dense_1d2d:m=64")) << said[0];
  EXPECT_EQ(said[40], "best 16.00 µs  racing  dense_1d2d:m=64,n=2112,k=7168");
  EXPECT_TRUE(said[41].starts_with("best 16.00 µs  dense_1d2d:m=128")) << said[41];
}

TEST(Tuner, screens_in_batches_and_writes_each_as_it_ends) {
  Bench bench(40);
  std::vector<std::size_t> written;
  bench.worker.after_measure = [&] { written.push_back(bench.sink.rows.size()); };
  bench.run();
  const auto batches = bench.timed(3);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[0].contenders.size(), Tuner::kBatch);
  EXPECT_EQ(batches[2].contenders.size(), 40 - 2 * Tuner::kBatch);
  written.resize(3);
  EXPECT_EQ(written, (std::vector<std::size_t>{0, 16, 32}));
}

TEST(Tuner, waits_only_for_the_cubin_that_it_needs_next) {
  Bench bench(40);
  std::vector<std::size_t> waited_before_judging;
  bench.worker.judge = [&](const Contender&) {
    waited_before_judging.push_back(*std::max_element(bench.waited_for.begin(), bench.waited_for.end()));
    return Verdict{};
  };
  bench.run();
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(waited_before_judging.at(i), i);
}

TEST(Tuner, a_contender_without_rivals_that_fails_is_not_asked_again) {
  Bench bench(1);
  bench.worker.time_us = [](const Contender&) -> Outcome<double> {
    return Failure{Invalidity::runtime, "illegal address"};
  };
  bench.run();
  EXPECT_EQ(bench.worker.measured.size(), 1u);
}

TEST(Tuner, an_unsupported_problem_is_one_row_of_reason_constraints) {
  Bench bench(0);
  bench.plan.problems[0].unsupported = "K 100 is not a multiple of 128";
  bench.run();
  ASSERT_EQ(bench.sink.rows.size(), 1u);
  EXPECT_EQ(bench.sink.rows[0].invalidity, Invalidity::constraints);
  EXPECT_EQ(bench.sink.rows[0].provider, provider::kGemmtune);
  EXPECT_EQ(bench.sink.rows[0].reason, "K 100 is not a multiple of 128");
  EXPECT_TRUE(bench.sink.rows[0].config.empty());
  EXPECT_TRUE(bench.worker.prepared.empty());
  bench.resume();
  bench.run();
  EXPECT_TRUE(bench.sink.rows.empty());
}

TEST(Tuner, a_problem_that_cannot_be_prepared_is_one_row_and_the_next_goes_on) {
  Bench bench(2);
  bench.add_problem(128, 1);
  bench.worker.prepare_failure = [](const Problem& p) {
    return p.m == 64 ? std::optional<Failure>({Invalidity::runtime, "out of memory"}) : std::nullopt;
  };
  bench.run();
  const auto screened = bench.screened();
  ASSERT_EQ(screened.size(), 2u);
  EXPECT_EQ(screened[0].reason, "prepare: out of memory");
  EXPECT_TRUE(screened[0].config.empty());
  EXPECT_EQ(screened[1].problem.m, 128);
}

TEST(Tuner, marks_slowdowns_of_the_hardware_but_not_the_power_cap) {
  for (const auto& [throttle, marked] : std::map<std::int64_t, bool>{{0x4, false}, {0x44, true}}) {
    Bench bench(1);
    bench.worker.throttle = throttle;
    bench.run();
    EXPECT_EQ(bench.sink.rows.at(0).warnings == std::vector<std::string>{"throttled"}, marked) << throttle;
    EXPECT_EQ(bench.sink.rows.at(0).throttle, throttle);
  }
}

TEST(Tuner, counts_the_bytes_of_each_providers_product) {
  Bench bench(1);
  bench.worker.libraries =
      std::vector<Baseline>{{provider::kCublasLtBlock, 1, ""}, {provider::kCublasBf16, 1, ""}};
  bench.run();
  for (const Row& row : bench.sink.rows)
    EXPECT_EQ(row.bytes, provider::bytes(row.provider, row.problem)) << row.provider;
}

TEST(Tuner, charges_its_time_to_phases_and_adds_up_what_the_gpu_did) {
  Bench bench(1);
  bench.worker.gpu = {2, 1};
  bench.run();
  const auto wall = bench.stopwatch.wall_s();
  for (const char* phase : {"compile", "prepare", "verify", "measure", "other"})
    EXPECT_GE(wall.at(phase), 0) << phase;
  EXPECT_DOUBLE_EQ(bench.stopwatch.gpu().working_s, 2 * 5) << "prepared, judged, timed three times";
  EXPECT_DOUBLE_EQ(bench.stopwatch.gpu().resting_s, 5);
}

}  // namespace
}  // namespace gemmtune::tune
