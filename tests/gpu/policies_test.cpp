// That each policy does what its name says: rotation over copies, energy, adaptive numbers of samples.
#include "core/warnings.h"
#include "gpu/timing.h"
#include "worker/gpu/check.h"
#include "worker/gpu/host_clock.h"
#include "worker/measure/launch_graph.h"
#include "worker/measure/polled_meter.h"

#include <algorithm>

namespace gemmtune::test {
namespace {

MeasureReport measure_with(const std::vector<measure::Launch>& launches, const Policy& policy) {
  measure::Bench bench(Rig::get().stream(), stream_kernels(), Rig::get().nvml());
  return bench.measure(launches, policy);
}

Policy policy(L2Policy l2) {
  Policy made;
  made.l2 = l2;
  made.timer = Timer::cupti;
  made.samples = 31;
  return made;
}

double median_us(const measure::Launch& launch, L2Policy l2) {
  return stats::median(measure_with({launch}, policy(l2)).timings[0].samples_us);
}

std::vector<std::uint16_t> output(const gemm::OperandSets& sets, int set) {
  std::vector<std::uint16_t> d(static_cast<std::size_t>(sets.problem.m * sets.problem.n));
  Rig::get().stream().synchronise();
  gpu::check(
      cudaMemcpy(d.data(), sets.sets[static_cast<std::size_t>(set)].d, d.size() * 2, cudaMemcpyDeviceToHost),
      "cudaMemcpy(output)");
  return d;
}

TEST(Rotation, every_copy_gives_the_product_of_the_operands_themselves) {
  const Bench bench;
  const gemm::Rotation rotation = bench.rotation();
  const gemm::OperandSets& sets = rotation.sets();
  gemm::CublasLtBaselines library(sets, bench.rig.support(), bench.rig.stream());
  std::vector<gemm::GemmLaunch> launches{bench.ours_on(sets)};
  for (const gemm::Answers& answers : library.answers())
    if (!answers.algorithms.empty()) launches.push_back(library.launch(answers.provider, 0));
  ASSERT_GE(sets.sets.size(), 2u);
  for (std::size_t i = 0; i < launches.size(); ++i) {
    launches[i](bench.rig.stream().get(), 0);
    const auto expected = output(sets, 0);
    for (int copy = 1; copy < static_cast<int>(sets.sets.size()); ++copy) {
      gpu::check(cudaMemset(sets.sets[static_cast<std::size_t>(copy)].d, 0xff, expected.size() * 2),
                 "cudaMemset");
      launches[i](bench.rig.stream().get(), copy);
      EXPECT_EQ(output(sets, copy), expected) << "launch " << i << ", copy " << copy;
    }
  }
}

TEST(Rotation, streams_the_weights_from_memory) {
  const Bench bench{.p = problem(1, 4608, 8192)};  // 37.7 MB of weights: L2 could hold most of them
  const gemm::Rotation rotation = bench.rotation();
  const double rotate_us = median_us(bench.ours(rotation), L2Policy::cold_rotate),
               memset_us = median_us(bench.ours(), L2Policy::cold_memset512),
               warm_us = median_us(bench.ours(), L2Policy::warm);
  std::printf("1x4608x8192: cold_rotate %.2f us, cold_memset512 %.2f us, warm %.2f us\n", rotate_us,
              memset_us, warm_us);
  Environment environment;
  gpu::describe_device(environment);
  Row row;
  row.problem = bench.p;
  row.device = environment.device;
  row.bytes = operation::bytes(bench.p);
  row.l2 = L2Policy::cold_rotate;
  row.time_us = rotate_us;
  EXPECT_FALSE(beats_memory(row));
  EXPECT_LT(rotate_us, 1.3 * memset_us);
}

TEST(Rotation, is_slower_than_warm_for_what_fits_into_the_cache) {
  const Bench bench;
  const gemm::Rotation rotation = bench.rotation();
  const double rotate_us = median_us(bench.ours(rotation), L2Policy::cold_rotate),
               memset_us = median_us(bench.ours(), L2Policy::cold_memset512),
               warm_us = median_us(bench.ours(), L2Policy::warm);
  std::printf("64x7168x2048: cold_rotate %.2f us, cold_memset512 %.2f us, warm %.2f us\n", rotate_us,
              memset_us, warm_us);
  EXPECT_LT(warm_us, 0.95 * rotate_us);
  EXPECT_LT(warm_us, 0.95 * memset_us);
}

/// How long a reading takes decided that a thread of its own reads.
TEST(Meter, is_refreshed_while_chunks_run_and_the_board_has_work_meanwhile) {
  const Bench bench{.p = problem(64, 4096, 7168)};
  const gemm::Rotation rotation = bench.rotation();
  const gpu::Nvml& nvml = Rig::get().nvml();
  measure::LaunchGraph graph(Rig::get().stream(), bench.ours(rotation), 500);
  const measure::PolledMeter meter([&] { return nvml.total_energy_j(); });
  gpu::HostClock clock;
  double longest_s = 0;
  for (int i = 0; i < 20; ++i) {
    graph.queue();
    const double before_s = clock.now_s();
    nvml.total_energy_j();
    longest_s = std::max(longest_s, clock.now_s() - before_s);
  }
  graph.queue();
  const double start_s = clock.now_s();
  int refreshes = 0, dry = 0;
  for (measure::MeterReading seen = meter.last(); clock.now_s() < start_s + 1;) {
    dry += !graph.queue();
    const measure::MeterReading now = meter.last();
    refreshes += now.total_j != seen.total_j;
    seen = now;
  }
  graph.wait();
  std::printf(
      "%zu chunks of 500 launches a second, %d refreshes, the queue ran dry %d times; a reading takes up to "
      "%.1f ms\n",
      graph.ended(), refreshes, dry, longest_s * 1e3);
  EXPECT_GE(refreshes, 3);
  EXPECT_EQ(dry, 0);
}

TEST(Sustained, says_what_energy_a_launch_takes) {
  const Bench bench{.p = problem(4096, 7168, 2048)};
  const gemm::Rotation rotation = bench.rotation();
  Policy sustained = policy(L2Policy::cold_rotate);
  sustained.regime = PowerRegime::sustained;
  const MeasureReport report = measure_with({bench.ours(rotation)}, sustained);
  const Timing& timing = report.timings[0];
  const double time_s = stats::median(timing.samples_us) * 1e-6;
  std::printf(
      "4096x7168x2048 sustained: %.1f us, %.4f J a launch, %.0f W while it runs; board %.0f W, %.0f C; "
      "working %.2f s, resting %.2f s\n",
      time_s * 1e6, timing.energy_j, timing.energy_j / time_s, timing.power_w, timing.temperature_c,
      report.gpu.working_s, report.gpu.resting_s);
  EXPECT_GT(timing.energy_j, 0.5 * 100 * time_s);
  EXPECT_LT(timing.energy_j, 1.2 * 700 * time_s);
  EXPECT_GT(timing.temperature_c, 10);
  EXPECT_LT(timing.temperature_c, 100);
  EXPECT_GT(report.gpu.working_s, 2);  // settling and energy last a second each at least
}

TEST(Blocks, of_a_kernel_beside_itself_are_alike_and_their_joules_are_those_of_it_alone) {
  const Bench bench{.p = problem(4096, 7168, 2048)};
  const gemm::Rotation rotation = bench.rotation();
  Policy alone = policy(L2Policy::cold_rotate), blocks = alone;
  alone.regime = PowerRegime::sustained;
  blocks.regime = PowerRegime::blocks, blocks.samples = 3;
  const double alone_j = measure_with({bench.ours(rotation)}, alone).timings[0].energy_j;
  const auto timings = measure_with({bench.ours(rotation), bench.ours(rotation)}, blocks).timings;
  const auto &one = timings[0].samples_us, &other = timings[1].samples_us;
  std::printf(
      "4096x7168x2048 in blocks: %.1f %.1f %.1f us, %.4f J; beside itself %.1f %.1f %.1f us, %.4f J; alone "
      "%.4f J\n",
      one[0], one[1], one[2], timings[0].energy_j, other[0], other[1], other[2], timings[1].energy_j,
      alone_j);
  EXPECT_NEAR(stats::geomean(one) / stats::geomean(other), 1, 0.01);
  for (const Timing& timing : timings) EXPECT_NEAR(timing.energy_j, alone_j, 0.1 * alone_j);
}

TEST(Burst, rests_longer_than_its_contenders_work_and_measures_no_energy) {
  const Bench bench;
  const MeasureReport report = measure_with({bench.ours()}, policy(L2Policy::warm));
  double busy_s = 0;
  for (const double sample_us : report.timings[0].samples_us) busy_s += sample_us * 1e-6;
  EXPECT_GE(report.gpu.resting_s, 1.9 * busy_s);  // what the last sample owes is rested before the next batch
  EXPECT_EQ(report.timings[0].energy_j, 0);
}

TEST(Adaptive, a_race_ends_when_each_interval_is_narrow_or_at_the_most_samples) {
  const Bench bench;
  Policy adaptive = policy(L2Policy::cold_memset512);
  adaptive.samples = 15;
  adaptive.max_samples = 100;
  adaptive.precision = 0.005;
  const auto timings = measure_with(bench.all(), adaptive).timings;
  const std::size_t taken = timings[0].samples_us.size();
  EXPECT_GE(taken, 15u);
  EXPECT_LE(taken, 100u);
  for (const Timing& timing : timings) {
    EXPECT_EQ(timing.samples_us.size(), taken);
    const auto interval = stats::median_interval(timing.samples_us);
    const double allowed_us = std::max(0.005 * stats::median(timing.samples_us), stats::kTimerStepUs);
    EXPECT_TRUE(taken == 100 || interval.high - interval.low <= allowed_us);
  }
  std::printf("adaptive race of %zu: %zu samples each\n", timings.size(), taken);
}

}  // namespace
}  // namespace gemmtune::test
