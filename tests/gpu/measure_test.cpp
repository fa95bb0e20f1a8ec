// Times that must hold on any Hopper GPU: physics below, agreement between two measurements and between the
// two timers, cold slower than warm, a clock that is one. Other policies: policies_test.cpp.
#include "gpu/timing.h"
#include "worker/measure/batch.h"

#include <algorithm>

namespace gemmtune::test {
namespace {

template <typename Device>
std::vector<Timing> timings(std::vector<measure::Launch> launches, bool cold = true) {
  Device device(Rig::get().stream(), stream_kernels());
  const std::size_t contenders = launches.size();
  device.set_contenders(std::move(launches));
  Policy policy;
  policy.l2 = cold ? L2Policy::cold_memset512 : L2Policy::warm;
  policy.samples = 15;
  gpu::HostClock clock;
  double rested_s = 0;
  return measure::Batch(device, clock, contenders, policy, rested_s).run().timings;
}

template <typename Device>
double median_us(const Bench& bench, bool cold) {
  return stats::median(timings<Device>({bench.ours()}, cold)[0].samples_us);
}

TEST(Measure, cold_is_slower_than_warm_and_than_memory_allows) {
  const Bench bench;
  const double cold = median_us<measure::EventDevice>(bench, true),
               again = median_us<measure::EventDevice>(bench, true),
               warm = median_us<measure::EventDevice>(bench, false);
  std::printf("64x7168x2048: cold %.2f us, again %.2f us, warm %.2f us\n", cold, again, warm);
  const double floor_us =
      static_cast<double>(operation::bytes(bench.p)) / 4.9e6;  // no Hopper GPU reads faster than 4.9 TB/s
  EXPECT_GT(cold, floor_us);
  EXPECT_GT(cold, 1.1 * warm);
  EXPECT_NEAR(cold, again, 0.05 * cold);
}

TEST(Measure, cupti_is_below_event_by_the_latency_of_a_launch) {
  const Bench bench;
  const auto event = timings<measure::EventDevice>(bench.all()),
             cupti = timings<measure::CuptiDevice>(bench.all()),
             event_again = timings<measure::EventDevice>(bench.all());
  ASSERT_EQ(cupti.size(), event.size());
  for (std::size_t i = 0; i < event.size(); ++i) {
    const double event_us = stats::median(event[i].samples_us), cupti_us = stats::median(cupti[i].samples_us);
    std::printf("contender %zu: event %.3f us, cupti %.3f us, difference %.3f us\n", i, event_us, cupti_us,
                event_us - cupti_us);
    EXPECT_GT(event_us - cupti_us, 0) << "contender " << i;
    // Seen on an H100: 3.3 to 4.2 us; a wrong unit or a record of another launch would be far from it.
    EXPECT_LT(event_us - cupti_us, 5) << "contender " << i;
    EXPECT_FALSE(cupti[i].kernels.empty()) << "contender " << i;
    EXPECT_TRUE(event[i].kernels.empty()) << "contender " << i;
    // Nothing of CUPTI is left behind.
    EXPECT_NEAR(event_us, stats::median(event_again[i].samples_us), 0.05 * event_us + 0.2)
        << "contender " << i;
  }
}

TEST(Measure, asking_whether_cupti_works_is_quick_and_leaves_nothing_behind) {
  const Bench bench;
  const double before_us = median_us<measure::EventDevice>(bench, true);
  const gpu::HostClock clock;
  const double start_s = clock.now_s();
  EXPECT_TRUE(measure::cupti_works());
  const double cost_s = clock.now_s() - start_s;
  const double after_us = median_us<measure::EventDevice>(bench, true);
  std::printf("asking took %.1f ms; event %.3f us before, %.3f us after\n", cost_s * 1e3, before_us,
              after_us);
  EXPECT_LT(cost_s, 0.1);
  EXPECT_NEAR(before_us, after_us, 0.05 * before_us + 0.2);
}

TEST(Measure, cupti_times_a_launch_of_two_kernels_from_the_first_start_to_the_last_end) {
  const Bench bench;
  const measure::Launch once = bench.ours();
  const auto result =
      timings<measure::CuptiDevice>({once, [&](cudaStream_t stream) { once(stream), once(stream); }});
  const double one_us = stats::median(result[0].samples_us), two_us = stats::median(result[1].samples_us);
  std::printf("one kernel %.3f us, two %.3f us\n", one_us, two_us);
  EXPECT_GT(two_us, 1.3 * one_us);  // the second finds its operands in L2
  EXPECT_LT(two_us, 2 * one_us + 4);
  ASSERT_EQ(result[0].kernels.size(), 1u);
  const std::string name = result[0].kernels[0];
  EXPECT_EQ(result[1].kernels, (std::vector<std::string>{name, name}));
}

TEST(Measure, the_clock_probe_reads_a_plausible_and_stable_clock) {
  measure::EventDevice device(Rig::get().stream(), stream_kernels());
  const Bench bench;
  device.set_contenders({bench.ours()});
  gpu::HostClock clock;
  measure::TimedRegion region(device, clock);
  region.round({0, 1}, {1, 1, true}, 0);
  std::vector<double> clocks_mhz;
  for (int i = 0; i < 15; ++i)
    clocks_mhz.push_back(region.round({0, 1}, {1, 1, true}, 0).samples[0].sm_clock_mhz);
  const auto [low, high] = std::minmax_element(clocks_mhz.begin(), clocks_mhz.end());
  std::printf("SM clock by the probe: %.1f to %.1f MHz\n", *low, *high);
  EXPECT_GT(*low, 300);
  EXPECT_LT(*high, 2100);
  EXPECT_LT(*high - *low, 0.02 * *high);
}

}  // namespace
}  // namespace gemmtune::test
