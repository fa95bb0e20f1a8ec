#include "tune/given.h"

#include "fakes/fakes.h"

#include <gtest/gtest.h>

namespace gemmtune::tune {
namespace {

struct Bench {
  fakes::FakeWorker worker;
  fakes::FakeProgress progress;
  std::atomic<bool> stop = false;
  SweepPlan plan;
  Outcome<CompileReport> cubin = CompileReport{};
  Cubins cubins = [this](std::size_t) -> const Outcome<CompileReport>& { return cubin; };

  Bench() {
    ProblemPlan problem;
    problem.problem.m = 64;
    problem.candidates = {{{{"block_n", 16}}, 0}, {{{"block_n", 24}}, 1}};
    plan.problems = {problem};
    plan.cubins.resize(2);
    worker.libraries = std::vector<Baseline>{{provider::kCublasLtBlock, 2, ""}};
  }

  GivenRun run() { return GivenRun(worker, progress, {"run", {}}, Policy{}, stop); }
};

bool wrong_16(const Contender& contender) {
  return contender.config.contains("block_n") && contender.config.at("block_n") == 16;
}

TEST(Given, verify_judges_each_candidate_and_times_none) {
  Bench bench;
  const auto rows = bench.run().verify(bench.plan, bench.cubins);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_DOUBLE_EQ(*rows[1].error_rms, 1e-5);
  EXPECT_TRUE(bench.worker.measured.empty());
}

TEST(Given, bench_races_candidates_and_every_answer_in_one_request) {
  Bench bench;
  const auto rows = bench.run().bench(bench.plan, bench.cubins);
  ASSERT_EQ(rows.size(), 4u);
  for (const Row& row : rows) {
    EXPECT_EQ(row.stage, Stage::measure);
    EXPECT_EQ(row.samples_us.size(), 12u);
  }
  ASSERT_EQ(bench.worker.measured.size(), 1u);
  EXPECT_EQ(bench.worker.measured[0].contenders.size(), 4u);
}

TEST(Given, bench_races_the_chosen_answers_alone) {
  Bench bench;
  bench.worker.libraries = std::vector<Baseline>{
      {provider::kCublasLtBlock, 0, "M"}, {provider::kCublasLtTensor, 3, ""}, {provider::kCublasBf16, 2, ""}};
  bench.plan.problems[0].candidates.clear();
  const auto rows = bench.run().bench(
      bench.plan, bench.cubins, {{{provider::kCublasLtTensor, {1, 7}}, {provider::kCublasBf16, {}}}, false});
  ASSERT_EQ(bench.worker.measured.size(), 1u);
  std::vector<std::string> raced;
  for (const Contender& contender : bench.worker.measured[0].contenders)
    raced.push_back(contender.provider + " " + std::to_string(contender.config.at("answer")));
  EXPECT_EQ(raced, (std::vector<std::string>{"cublaslt_tensor 1", "cublas_bf16 0", "cublas_bf16 1"}));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3].config, (Config{{"answer", 7}}));
  EXPECT_EQ(rows[3].invalidity, Invalidity::constraints);
  EXPECT_EQ(rows[3].reason, "the heuristic's algorithms are 0 to 2");
}

TEST(Given, bench_does_not_ask_for_answers_that_nobody_wants) {
  Bench bench;
  bench.worker.libraries = Failure{Invalidity::timeout, "asked"};
  EXPECT_EQ(bench.run().bench(bench.plan, bench.cubins, {{}, false}).size(), 2u);
}

TEST(Given, bench_names_the_kernels_of_libraries_and_not_our_own) {
  Bench bench;
  bench.worker.kernels = {"nvjet_x", "cublasLt::splitKreduce_kernel"};
  for (const Row& row : bench.run().bench(bench.plan, bench.cubins))
    if (row.provider == provider::kGemmtune)
      EXPECT_FALSE(row.library_kernels) << *row.library_kernels;
    else
      EXPECT_EQ(*row.library_kernels, "nvjet_x + cublasLt::splitKreduce_kernel");
  bench.worker.kernels.clear();  // as under the event timer
  for (const Row& row : bench.run().bench(bench.plan, bench.cubins)) EXPECT_FALSE(row.library_kernels);
}

TEST(Given, bench_counts_over_each_that_was_timed_when_asked_to) {
  Bench bench;
  bench.worker.judge = [](const Contender& c) { return Verdict{0, 0, wrong_16(c) ? "wrong" : ""}; };
  const auto rows = bench.run().bench(bench.plan, bench.cubins, {all_baselines(), /*counters=*/true});
  EXPECT_EQ(bench.worker.counted.size(), 3u) << "one and two answers";
  for (const Row& row : rows) EXPECT_EQ(row.counters.has_value(), row.time_us.has_value());
}

TEST(Given, bench_counts_nothing_unless_asked_to) {
  Bench bench;
  bench.run().bench(bench.plan, bench.cubins);
  EXPECT_TRUE(bench.worker.counted.empty());
}

TEST(Given, bench_never_times_what_is_wrong) {
  Bench bench;
  bench.worker.judge = [](const Contender& c) { return Verdict{0, 0, wrong_16(c) ? "wrong" : ""}; };
  const auto rows = bench.run().bench(bench.plan, bench.cubins);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows.back().invalidity, Invalidity::correctness);
  EXPECT_FALSE(rows.back().time_us);
  for (const Contender& contender : bench.worker.measured.at(0).contenders) EXPECT_FALSE(wrong_16(contender));
}

TEST(Given, a_problem_without_candidates_is_one_row) {
  Bench bench;
  bench.plan.problems[0].unsupported = "K 100";
  EXPECT_EQ(bench.run().bench(bench.plan, bench.cubins).at(0).invalidity, Invalidity::constraints);
  bench.plan.problems[0].unsupported.clear();
  bench.worker.prepare_failure = [](const Problem&) { return Failure{Invalidity::runtime, "out of memory"}; };
  EXPECT_EQ(bench.run().verify(bench.plan, bench.cubins).at(0).reason, "prepare: out of memory");
}

TEST(Given, a_cubin_that_was_not_compiled_because_of_a_stop_is_no_row) {
  Bench bench;
  bench.cubins = [&](std::size_t) -> const Outcome<CompileReport>& {
    bench.stop = true;
    bench.cubin = Failure{Invalidity::compile, "interrupted"};
    return bench.cubin;
  };
  EXPECT_TRUE(bench.run().verify(bench.plan, bench.cubins).empty());
}

TEST(Given, what_was_not_judged_because_of_a_stop_is_no_row) {
  Bench bench;
  bench.worker.judge = [&](const Contender&) {
    bench.stop = true;
    return Verdict{};
  };
  EXPECT_EQ(bench.run().bench(bench.plan, bench.cubins).size(), 1u);
  EXPECT_TRUE(bench.worker.measured.empty());
}

}  // namespace
}  // namespace gemmtune::tune
