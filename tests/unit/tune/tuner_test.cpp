#include "tune/tuner.h"

#include "fakes/fakes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace gemmtune::tune {
namespace {

/// One problem with candidates block_n = 16, 24, ...; each has its own cubin and takes block_n microseconds.
struct Bench {
  fakes::FakeWorker worker;
  fakes::FakeSink sink;
  fakes::FakeProgress progress;
  Stopwatch stopwatch;
  std::map<std::string, Row> journal;
  std::atomic<bool> stop = false;
  SweepPlan plan;
  Cubins cubins;

  explicit Bench(int candidates) {
    add_problem(64, candidates);
    worker.time_us = [](const Contender& c) {
      const auto block_n = c.config.find("block_n");
      return block_n == c.config.end() ? 100.0 : static_cast<double>(block_n->second);
    };
  }

  void add_problem(std::int64_t m, int candidates) {
    ProblemPlan problem;
    problem.problem.m = m;
    problem.problem.n = 2112;
    problem.problem.k = 7168;
    problem.flops = 2'000'000;
    problem.bytes = 1000;
    for (int i = 0; i < candidates; ++i) {
      const Config config = {{"block_n", 16 + 8 * i}};
      problem.candidates.push_back({config, plan.cubins.size()});
      plan.cubins.push_back({"dense_1d2d", config});
      CompileReport report;
      report.kernel_hash = "hash" + std::to_string(i);
      report.registers = 168;
      cubins.push_back(report);
    }
    plan.problems.push_back(problem);
  }

  bool run() {
    RunContext context{"run", {}};
    context.environment.device = "fake";
    Settings settings;
    settings.screening.samples = 3;
    settings.final.samples = 15;
    Tuner tuner(
        worker, sink, progress, stopwatch, context, settings,
        [this](const std::string& id) {
          const auto found = journal.find(id);
          return found == journal.end() ? nullptr : &found->second;
        },
        stop);
    return tuner.run(plan, cubins);
  }

  /// What --resume does: the rows so far become the known ones.
  void resume() {
    for (const Row& row : sink.rows) journal[row_id(row)] = row;
    stop = false;
    sink.rows.clear();
    worker.verified.clear();
    worker.measured.clear();
    worker.prepared.clear();
  }
};

std::int64_t block_n(const Row& row) {
  return row.config.at("block_n");
}

TEST(Tuner, a_correct_candidate_gives_one_screen_row_and_one_final_row) {
  Bench bench(1);
  EXPECT_TRUE(bench.run());
  ASSERT_EQ(bench.sink.rows.size(), 2u);
  const Row& screen = bench.sink.rows[0];
  EXPECT_EQ(screen.stage, Stage::screen);
  EXPECT_EQ(screen.invalidity, Invalidity::correct);
  EXPECT_EQ(screen.policy, "cold_memset512-event-burst-w1-n3");
  EXPECT_DOUBLE_EQ(*screen.time_us, 16);
  EXPECT_DOUBLE_EQ(*screen.tflops, 2e6 / 16e-6 * 1e-12);
  EXPECT_DOUBLE_EQ(*screen.gbps, 1000 / 16e-6 * 1e-9);
  EXPECT_DOUBLE_EQ(*screen.sm_clock_mhz, 1500);
  EXPECT_DOUBLE_EQ(*screen.sm_cycles, 16 * 1500);
  EXPECT_DOUBLE_EQ(*screen.error_rms, 1e-5);
  EXPECT_EQ(screen.registers, 168);
  EXPECT_EQ(screen.kernel_hash, "hash0");
  EXPECT_EQ(screen.run_id, "run");
  EXPECT_EQ(screen.device, "fake");
  EXPECT_TRUE(screen.samples_us.empty());
  const Row& final = bench.sink.rows[1];
  EXPECT_EQ(final.stage, Stage::final);
  EXPECT_EQ(final.policy, "cold_memset512-event-burst-w1-n15");
  EXPECT_EQ(final.samples_us.size(), 15u);
  EXPECT_DOUBLE_EQ(*final.error_rms, 1e-5);
}

TEST(Tuner, a_wrong_result_is_one_row_and_is_never_timed) {
  Bench bench(2);
  bench.worker.judge = [](const Contender& c) {
    return Verdict{1, 1, c.config.at("block_n") == 16 ? "error_rms 1 > 3.8e-5" : ""};
  };
  bench.run();
  const auto screened = bench.sink.of(Stage::screen);
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
  const auto screened = bench.sink.of(Stage::screen);
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
  const auto screened = bench.sink.of(Stage::screen);
  ASSERT_EQ(screened.size(), 3u);
  EXPECT_EQ(screened[1].invalidity, Invalidity::runtime);
  EXPECT_EQ(screened[2].invalidity, Invalidity::correct);
  EXPECT_EQ(bench.sink.of(Stage::final).size(), 2u);
}

TEST(Tuner, a_kernel_that_hangs_while_timed_is_one_row_and_no_finalist) {
  Bench bench(2);
  bench.worker.time_us = [](const Contender& c) -> Outcome<double> {
    if (c.config.at("block_n") == 16) return Failure{Invalidity::timeout, "no answer within 120 s"};
    return 5.0;
  };
  bench.run();
  EXPECT_EQ(bench.sink.of(Stage::screen)[0].invalidity, Invalidity::timeout);
  ASSERT_EQ(bench.sink.of(Stage::final).size(), 1u);
  EXPECT_EQ(block_n(bench.sink.of(Stage::final)[0]), 24);
}

TEST(Tuner, every_candidate_ends_as_exactly_one_screen_row) {
  Bench bench(12);
  bench.add_problem(128, 5);
  bench.cubins[3] = Failure{Invalidity::compile, "no"};
  bench.run();
  std::set<std::string> ids;
  for (const Row& row : bench.sink.of(Stage::screen)) ids.insert(row_id(row));
  EXPECT_EQ(ids.size(), 17u);
  EXPECT_EQ(bench.sink.of(Stage::screen).size(), 17u);
  EXPECT_EQ(bench.progress.totals.at("measure"), 17u);
  EXPECT_EQ(bench.progress.steps, 17u);
}

TEST(Tuner, races_the_fastest_eight_once_in_one_request) {
  Bench bench(12);
  bench.run();
  ASSERT_EQ(bench.worker.measured.size(), 13u);
  const MeasureRequest& race = bench.worker.measured.back();
  ASSERT_EQ(race.contenders.size(), 8u);
  EXPECT_EQ(race.policy.samples, 15);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(race.contenders[i].config.at("block_n"), 16 + 8 * i);
}

TEST(Tuner, races_the_best_answer_of_each_library_and_the_first_of_the_block_scaled) {
  Bench bench(1);
  bench.worker.libraries = std::vector<Baseline>{{provider::kCublasLtBlock, 3, ""},
                                                 {provider::kCublasLtTensor, 2, ""},
                                                 {provider::kCublasBf16, 0, "refused: M % 4"}};
  bench.worker.time_us = [](const Contender& c) {
    return c.provider == provider::kGemmtune ? 10.0 : 30.0 - static_cast<double>(c.config.at("answer"));
  };
  bench.run();
  EXPECT_EQ(bench.sink.of(Stage::screen).size(), 1u + 3u + 2u + 1u);
  const auto raced = bench.sink.of(Stage::final);
  ASSERT_EQ(raced.size(), 4u);
  EXPECT_EQ(raced[0].provider, provider::kCublasLtBlock);
  EXPECT_EQ(raced[0].config.at("answer"), 2);
  EXPECT_EQ(raced[1].provider, provider::kCublasLtBlock);
  EXPECT_EQ(raced[1].config.at("answer"), 0);
  EXPECT_EQ(raced[2].provider, provider::kCublasLtTensor);
  EXPECT_EQ(raced[2].config.at("answer"), 1);
  EXPECT_EQ(raced[3].provider, provider::kGemmtune);
  const Row refusal = bench.sink.of(Stage::screen).back();
  EXPECT_EQ(refusal.provider, provider::kCublasBf16);
  EXPECT_EQ(refusal.invalidity, Invalidity::constraints);
  EXPECT_EQ(refusal.reason, "refused: M % 4");
}

TEST(Tuner, a_wrong_library_is_a_row_and_is_not_raced) {
  Bench bench(1);
  bench.worker.libraries = std::vector<Baseline>{{provider::kCublasLtBlock, 1, ""}};
  bench.worker.judge = [](const Contender& c) {
    return Verdict{0, 0, c.provider == provider::kGemmtune ? "" : "wrong"};
  };
  bench.run();
  EXPECT_EQ(bench.sink.of(Stage::screen).back().invalidity, Invalidity::correctness);
  ASSERT_EQ(bench.sink.of(Stage::final).size(), 1u);
  EXPECT_EQ(bench.sink.of(Stage::final)[0].provider, provider::kGemmtune);
}

TEST(Tuner, baselines_that_cannot_be_asked_for_are_recorded_and_the_race_goes_on) {
  Bench bench(1);
  bench.worker.libraries = Failure{Invalidity::timeout, "no answer"};
  bench.run();
  EXPECT_EQ(bench.sink.of(Stage::screen).back().reason, "baselines: no answer");
  EXPECT_EQ(bench.sink.of(Stage::final).size(), 1u);
}

TEST(Tuner, blames_the_one_that_breaks_the_race_and_races_the_others_without_it) {
  Bench bench(3);
  // block_n 24 survives the screening (3 samples) and breaks afterwards.
  int asked = 0;
  bench.worker.time_us = [&](const Contender& c) -> Outcome<double> {
    if (c.config.at("block_n") == 24 && ++asked > 1) return Failure{Invalidity::runtime, "illegal address"};
    return 10.0;
  };
  bench.run();
  const auto raced = bench.sink.of(Stage::final);
  ASSERT_EQ(raced.size(), 3u);
  int failed = 0;
  for (const Row& row : raced) {
    if (block_n(row) != 24) {
      EXPECT_EQ(row.invalidity, Invalidity::correct);
      EXPECT_EQ(row.samples_us.size(), 15u);
      continue;
    }
    ++failed;
    EXPECT_EQ(row.invalidity, Invalidity::runtime);
    EXPECT_FALSE(row.time_us) << "the time of the screening must not pass for one of the race";
  }
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(bench.worker.measured.back().contenders.size(), 2u);
}

TEST(Tuner, a_resumed_sweep_that_was_complete_asks_the_worker_nothing) {
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
}

TEST(Tuner, a_resumed_sweep_measures_only_what_is_missing) {
  Bench bench(6);
  int measured = 0;
  bench.worker.after_measure = [&] { bench.stop = ++measured == 4; };
  EXPECT_FALSE(bench.run());
  EXPECT_EQ(bench.sink.rows.size(), 4u) << "what was measured before the stop is written";
  bench.resume();
  EXPECT_TRUE(bench.run());
  ASSERT_EQ(bench.worker.verified.size(), 2u);
  EXPECT_EQ(bench.worker.verified[0].config.at("block_n"), 48);
  EXPECT_EQ(bench.sink.of(Stage::screen).size(), 2u);
  EXPECT_EQ(bench.sink.of(Stage::final).size(), 6u);
}

TEST(Tuner, a_race_that_was_cut_short_is_run_again_as_a_whole) {
  Bench bench(3);
  bench.run();
  bench.sink.rows.pop_back();
  bench.resume();
  bench.run();
  ASSERT_EQ(bench.worker.measured.size(), 1u);
  EXPECT_EQ(bench.worker.measured[0].contenders.size(), 3u);
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
  const auto screened = bench.sink.of(Stage::screen);
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

TEST(Tuner, charges_its_time_to_phases) {
  Bench bench(1);
  bench.run();
  const auto wall = bench.stopwatch.wall_s();
  for (const char* phase : {"prepare", "verify", "measure", "other"}) EXPECT_GE(wall.at(phase), 0) << phase;
}

}  // namespace
}  // namespace gemmtune::tune
