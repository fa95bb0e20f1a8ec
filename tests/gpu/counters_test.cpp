// What the GPU counts over a launch agrees with what the launch must do, and counting leaves timing alone. On
// machines that let administrators alone count, skipped for others with the reason.
#include "gpu/timing.h"
#include "worker/gpu/check.h"
#include "worker/measure/counter_reader.h"

#include <cstdio>
#include <memory>
#include <string>

namespace gemmtune::test {
namespace {

class CountersTest : public testing::Test {
 protected:
  void SetUp() override {
    try {
      reader_ = std::make_unique<measure::CounterReader>();
    } catch (const measure::CounterError& error) {
      GTEST_SKIP() << error.what();
    }
    for (const std::string& metric : reader_->unknown()) ADD_FAILURE() << metric << " is not counted here";
  }

  Counters count(const char* what, const measure::Launch& launch, bool cold) {
    const gpu::Stream& stream = Rig::get().stream();
    const auto prepare = [&] {
      launch(stream.get());
      if (cold)
        gpu::check(cudaMemsetAsync(flushed_.data(), 0, flushed_.bytes(), stream.get()), "cudaMemsetAsync");
      stream.synchronise();
    };
    const Counters c = reader_->read(prepare, [&] {
      launch(stream.get());
      stream.synchronise();
    });
    std::printf("%s:", what);
    for (const CounterField& field : kCounterFields)
      std::printf(" %s %.6g", field.key, (c.*field.value).value_or(-1));
    std::printf("\n");
    return c;
  }

  measure::Launch ours(const Config& c) {
    return measure::in_step({gemm::gemm_launch(bench_.rig.kernel(bench_.p, c), c, bench_.operands.sets())},
                            1)[0];
  }

  Bench bench_;
  gpu::DeviceBuffer flushed_{measure::kFlushBytes};
  std::unique_ptr<measure::CounterReader> reader_;
  const double flops_ = 2.0 * bench_.p.m * bench_.p.n * bench_.p.k;
  const double operands_bytes_ = 1.0 * (bench_.p.m + bench_.p.n) * bench_.p.k;
};

TEST_F(CountersTest, agree_with_what_a_cold_launch_must_read_and_compute) {
  const Counters c = count("64x7168x2048 cold", ours(config(bench_.p, 64, 64)), true);
  EXPECT_GT(*c.dram_read_bytes, 0.98 * operands_bytes_);
  EXPECT_LT(*c.dram_read_bytes, 1.10 * operands_bytes_);
  EXPECT_NEAR(*c.fp8_ops, flops_, 1e-3 * flops_) << "the tiles have no padding";
  // Each tile of 64 columns loads its own columns of B and all of A.
  const double tiles_bytes = 1.0 * bench_.p.n * bench_.p.k + 7168.0 / 64 * bench_.p.m * bench_.p.k;
  EXPECT_NEAR(*c.sm_read_bytes, tiles_bytes, 0.1 * tiles_bytes);
  EXPECT_GT(*c.l2_bytes, 0.9 * tiles_bytes);
  EXPECT_EQ(*c.multicast_bytes, 0);
  EXPECT_GT(*c.tensor_active_percent, 1);
  EXPECT_LT(*c.tensor_active_percent, 100);
}

TEST_F(CountersTest, see_a_warm_cache) {
  EXPECT_LT(*count("64x7168x2048 warm", ours(config(bench_.p, 64, 64)), false).dram_read_bytes,
            0.1 * operands_bytes_);
}

TEST_F(CountersTest, see_multicasts) {
  const Counters c = count("64x7168x2048 cluster_n 2", ours(config(bench_.p, 64, 64, 1, 2)), true);
  const double a_to_all = 7168.0 / 64 * bench_.p.m * bench_.p.k;
  EXPECT_NEAR(*c.multicast_bytes, a_to_all, 0.1 * a_to_all) << "both CTAs of a pair get all of A";
}

TEST_F(CountersTest, leave_no_trace_in_the_times_that_follow) {
  measure::Bench timer(Rig::get().stream(), stream_kernels(), Rig::get().nvml());
  const measure::Launch launch = ours(config(bench_.p, 64, 64));
  for (const Timer clock : {Timer::cupti, Timer::event}) {
    Policy policy;
    policy.timer = clock;
    policy.samples = 30;
    const auto median_us = [&] {
      return stats::median(timer.measure({launch}, policy).timings.at(0).samples_us);
    };
    median_us();
    const double before_us = median_us();
    timer.stop_tracing();
    count("between", launch, true);
    const double after_us = median_us();
    std::printf("%s: %.3f us before counting, %.3f us after\n", std::string(to_string(clock)).c_str(),
                before_us, after_us);
    EXPECT_NEAR(before_us, after_us, 0.03 * before_us);
  }
}

}  // namespace
}  // namespace gemmtune::test
