#include "workers/simulated_worker.h"

#include "core/row.h"
#include "fake.h"
#include "model/footprint.h"
#include "util/error.h"
#include "workers/process_worker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gemmtune::workers {
namespace {

Problem problem(std::int64_t m = 64) {
  Problem p;
  p.m = m, p.n = 576, p.k = 512;
  return p;
}

Config config(std::int64_t block_n) {
  return {{"block_m", 64}, {"block_n", block_n}, {"cluster_m", 1}, {"cluster_n", 1},
          {"k_groups", 1}, {"split_k", 1},       {"stages", 4},    {"num_sms", 6},
          {"raster", 8},   {"evict_first", 1},   {"swap_ab", 0}};
}

SimulatedWorker worker(const std::string& faults = "") {
  return {model::h100_sxm(), nullptr, faults.empty() ? SimulatedFaults() : SimulatedFaults(faults)};
}

Contender ours(std::int64_t block_n = 96) {
  return {provider::kGemmtune, config(block_n)};
}

std::vector<double> samples(SimulatedWorker& worker, const Contender& contender, std::uint64_t seed = 1,
                            int count = 12) {
  Policy policy;
  policy.samples = count;
  policy.seed = seed;
  const auto report = worker.measure({{contender}, policy});
  return report ? report->timings.at(0).samples_us : std::vector<double>();
}

TEST(SimulatedWorker, says_that_it_is_simulated) {
  const auto environment = worker().describe();
  ASSERT_TRUE(environment);
  EXPECT_TRUE(environment->simulated);
  EXPECT_TRUE(environment->device.starts_with("simulated "));
  EXPECT_EQ(environment->sms, 132);
  EXPECT_EQ(environment->smem_bytes, hopper_limits().smem_bytes);
}

TEST(SimulatedWorker, compiles_for_real_with_a_compiler) {
  const Fake fake;
  SimulatedWorker simulated(model::h100_sxm(), std::make_unique<ProcessWorker>(fake.command()), {});
  const auto environment = simulated.describe();
  ASSERT_TRUE(environment);
  EXPECT_EQ(environment->nvrtc, "13.0");
  EXPECT_TRUE(environment->simulated);
  EXPECT_EQ(environment->device, model::h100_sxm().device);
  const auto report = simulated.compile({"dense_1d2d", config(96)});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->kernel_hash.empty());
  EXPECT_EQ(fake.ops(), (std::vector<std::string>{"describe", "compile"}));
}

TEST(SimulatedWorker, claims_no_compilation_without_a_compiler) {
  const auto report = worker().compile({"dense_1d2d", config(96)});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->kernel_hash.empty());
  EXPECT_EQ(report->registers, 0);
}

TEST(SimulatedWorker, answers_nothing_about_a_problem_that_is_not_prepared) {
  SimulatedWorker simulated = worker();
  EXPECT_FALSE(simulated.baselines());
  EXPECT_FALSE(simulated.verify({ours()}));
  EXPECT_FALSE(simulated.measure({{ours()}, {}}));
}

TEST(SimulatedWorker, has_no_room_for_what_the_machine_could_not_hold) {
  SimulatedWorker simulated = worker();
  Problem huge = problem(1'000'000);
  huge.n = 1'000'000;
  ASSERT_TRUE(simulated.prepare({problem()}));
  const auto report = simulated.prepare({huge});
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().reason.find("out of memory"), std::string::npos);
  EXPECT_FALSE(simulated.verify({ours()})) << "the problem before it is gone";
}

TEST(SimulatedWorker, gives_the_figures_of_right_kernels) {
  SimulatedWorker simulated = worker();
  Problem p = problem();
  ASSERT_TRUE(simulated.prepare({p}));
  const auto verdict = simulated.verify({ours()});
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->defect.empty());
  EXPECT_GT(verdict->error_rms, 2.0e-5);
  EXPECT_LT(verdict->error_rms, 2.7e-5);
  EXPECT_NEAR(verdict->error_max, 1.1e-4, 0.3e-4);  // at K 512
  p.data = DataKind::integer;
  ASSERT_TRUE(simulated.prepare({p}));
  EXPECT_EQ(simulated.verify({ours()})->error_max, 0);
}

TEST(SimulatedWorker, gives_the_figures_of_right_kernels_with_fp32_out) {
  SimulatedWorker simulated = worker();
  Problem p = problem();
  p.out = OutputType::fp32;
  ASSERT_TRUE(simulated.prepare({p}));
  EXPECT_DOUBLE_EQ(simulated.verify({ours()})->error_rms, 0.7 * 1.6e-4);
  SimulatedWorker broken = worker("wrong:1");
  ASSERT_TRUE(broken.prepare({p}));
  EXPECT_NE(broken.verify({ours()})->defect.find("above 0.00016"), std::string::npos);
}

TEST(SimulatedWorker, measures_the_same_for_a_seed_and_something_else_for_another) {
  SimulatedWorker simulated = worker();
  SimulatedWorker another = worker();
  ASSERT_TRUE(simulated.prepare({problem()}));
  ASSERT_TRUE(another.prepare({problem()}));
  EXPECT_EQ(samples(simulated, ours()), samples(another, ours()));
  EXPECT_NE(samples(simulated, ours(), 1), samples(simulated, ours(), 2));
  EXPECT_NE(samples(simulated, ours(96)), samples(simulated, ours(112)));
}

TEST(SimulatedWorker, scatters_samples_by_its_noise) {
  SimulatedWorker simulated = worker();
  ASSERT_TRUE(simulated.prepare({problem()}));
  const std::vector<double> times = samples(simulated, ours(), 1, 4000);
  ASSERT_EQ(times.size(), 4000u);
  double sum = 0;
  double squares = 0;
  for (const double us : times) {
    sum += us;
    squares += us * us;
  }
  const double mean = sum / 4000;
  const double deviation = std::sqrt(squares / 4000 - mean * mean) / mean;
  EXPECT_NEAR(deviation, SimulatedWorker::kNoise, 0.001);
}

TEST(SimulatedWorker, times_the_answers_of_the_libraries_that_accept_the_problem) {
  SimulatedWorker simulated = worker();
  ASSERT_TRUE(simulated.prepare({problem(63)}));
  const auto baselines = simulated.baselines();
  ASSERT_TRUE(baselines);
  ASSERT_EQ(baselines->size(), 3u);
  for (const Baseline& baseline : *baselines) {
    EXPECT_EQ(baseline.answers == 0, !baseline.refusal.empty()) << baseline.provider;
    for (std::int64_t answer = 0; answer < baseline.answers; ++answer)
      EXPECT_FALSE(samples(simulated, {baseline.provider, {{"answer", answer}}}).empty());
  }
  EXPECT_EQ(baselines->at(0).provider, provider::kCublasLtBlock);
  EXPECT_EQ(baselines->at(0).answers, 0);
}

TEST(SimulatedWorker, tells_the_shared_memory_of_our_kernels) {
  SimulatedWorker simulated = worker();
  ASSERT_TRUE(simulated.prepare({problem()}));
  const auto report = simulated.measure({{ours(), {provider::kCublasBf16, {{"answer", 0}}}}, {}});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->timings.at(0).smem_bytes, model::shared_memory_bytes(problem(), config(96)));
  EXPECT_EQ(report->timings.at(1).smem_bytes, 0);
}

TEST(SimulatedWorker, fails_as_it_is_asked_to) {
  const auto verdict_under = [](const std::string& faults) {
    SimulatedWorker simulated = worker(faults);
    simulated.prepare({problem()});
    return simulated.verify({ours()});
  };
  EXPECT_EQ(verdict_under("hang:1").error().invalidity, Invalidity::timeout);
  EXPECT_EQ(verdict_under("runtime:1").error().invalidity, Invalidity::runtime);
  ASSERT_TRUE(verdict_under("wrong:1"));
  EXPECT_NE(verdict_under("wrong:1")->defect.find("simulated"), std::string::npos);
}

TEST(SimulatedWorker, never_blames_a_library) {
  SimulatedWorker simulated = worker("hang:1");
  ASSERT_TRUE(simulated.prepare({problem()}));
  EXPECT_TRUE(simulated.verify({{provider::kCublasBf16, {{"answer", 0}}}}));
}

TEST(SimulatedFaults, hit_the_share_that_was_asked_for) {
  const SimulatedFaults faults("hang:0.1,wrong:0.2");
  int hangs = 0;
  int wrong = 0;
  for (std::int64_t i = 0; i < 4000; ++i) {
    const SimulatedFault fault = faults.of(problem(), config(i));
    hangs += fault == SimulatedFault::hang;
    wrong += fault == SimulatedFault::wrong;
    EXPECT_EQ(fault, faults.of(problem(), config(i)));
    EXPECT_NE(fault, SimulatedFault::runtime);
  }
  EXPECT_NEAR(hangs, 400, 80);
  EXPECT_NEAR(wrong, 800, 110);
}

TEST(SimulatedFaults, refuse_what_they_cannot_read) {
  for (const char* text : {"hang", "hang:", "hang:x", "hang:1.1", "hang:-1", "hang:nan", "slow:0.1",
                           "hang:0.1,", "hang:0.6,wrong:0.6"})
    EXPECT_THROW(SimulatedFaults{text}, UserError) << text;
}

TEST(SimulatedFaults, come_from_the_environment) {
  ::setenv("GEMMTUNE_SIM_FAULTS", "runtime:1", 1);
  const auto faults = SimulatedFaults::from_environment();
  ::unsetenv("GEMMTUNE_SIM_FAULTS");
  EXPECT_EQ(faults.of(problem(), config(96)), SimulatedFault::runtime);
  EXPECT_EQ(SimulatedFaults::from_environment().of(problem(), config(96)), SimulatedFault::none);
}

/// Of two kernels of one problem, in a regime: the time of the second over that of the first.
double ratio_of(PowerRegime regime, std::vector<Timing>* timings = nullptr) {
  SimulatedWorker simulated = worker();
  Problem large = problem(4096);
  large.n = 4096, large.k = 7168;
  EXPECT_TRUE(simulated.prepare({large}));
  Contender share_b = ours(128), share_a = ours(128);
  for (Contender* each : {&share_b, &share_a}) {
    each->config["block_m"] = 256;
    each->config["num_sms"] = 128;
  }
  share_b.config["cluster_m"] = share_a.config["cluster_n"] = 2;
  Policy policy;
  policy.l2 = L2Policy::cold_rotate;
  policy.regime = regime;
  policy.samples = 4;
  const auto report = simulated.measure({{share_b, share_a}, policy});
  EXPECT_TRUE(report);
  if (timings != nullptr) *timings = report->timings;
  double logs = 0;
  for (std::size_t i = 0; i < 4; ++i)
    logs += std::log(report->timings[1].samples_us[i] / report->timings[0].samples_us[i]) / 4;
  return std::exp(logs);
}

TEST(SimulatedWorker, back_to_back_is_held_down_by_its_power_limit) {
  std::vector<Timing> timings;
  EXPECT_NEAR(ratio_of(PowerRegime::burst, &timings), 1, 0.02);
  EXPECT_EQ(timings[0].energy_j, 0);
  EXPECT_NEAR(ratio_of(PowerRegime::blocks, &timings), 0.96, 0.01) << "A is the larger part of what is read";
  for (const Timing& timing : timings)
    EXPECT_NEAR(timing.energy_j / 700, 1e-6 * timing.samples_us[0], 0.02e-6 * timing.samples_us[0]);
}

TEST(SimulatedWorker, gets_slower_from_block_to_block) {
  std::vector<Timing> timings;
  ratio_of(PowerRegime::blocks, &timings);
  for (const Timing& timing : timings) EXPECT_GT(timing.samples_us[3], timing.samples_us[0]);
}

}  // namespace
}  // namespace gemmtune::workers
