// What this GPU can do: that the figures are possible, and that a kernel which skips work is not timed.
#include "core/environment.h"
#include "gpu/timing.h"
#include "worker/ceilings/arena.h"
#include "worker/ceilings/probe.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kHalfRead = 20, kHalfWritten = 21, kHalfMultiplied = 22;

Environment environment() {
  Environment e;
  gpu::describe_device(e);
  return e;
}

/// Probes on this GPU.
struct Probes {
  Rig& rig = Rig::get();
  Environment machine = environment();
  cache::CubinCache cache{cache::cache_location()};
  measure::Bench timed{rig.stream(), stream_kernels(), rig.nvml()};

  Outcome<CeilingsReport> run(std::string_view probe, int defect = 0) {
    return ceilings::measure(std::string(probe),
                             {rig.stream(), timed, cache, static_cast<unsigned>(machine.sms),
                              machine.memory_bytes, Timer::cupti, defect});
  }
};

/// All figures of one run, printed.
const std::vector<Ceiling>& all() {
  static const std::vector<Ceiling> figures = [] {
    Probes probes;
    std::vector<Ceiling> found;
    for (const std::string_view probe : kProbes) {
      const gpu::HostClock clock;
      const double start_s = clock.now_s();
      const auto report = probes.run(probe);
      EXPECT_TRUE(report) << probe << ": " << (report ? "" : report.error().reason);
      std::printf("%s: %.1f s\n", std::string(probe).c_str(), clock.now_s() - start_s);
      if (report) found.insert(found.end(), report->ceilings.begin(), report->ceilings.end());
    }
    for (const Ceiling& c : found)
      std::printf(
          "  %-19s %-9s %11lld bytes %9.2f %-6s (%.2f to %.2f) %8.2f us %5.0f MHz %4.0f W %2.0f C, %s\n",
          c.name.c_str(), std::string(to_string(c.regime)).c_str(), static_cast<long long>(c.bytes), c.value,
          c.unit.c_str(), c.low, c.high, c.time_us, c.sm_clock_mhz, c.power_w, c.temperature_c,
          c.how.c_str());
    return found;
  }();
  return figures;
}

Ceiling ceiling(const std::string& name, PowerRegime regime) {
  for (const Ceiling& c : all())
    if (c.name == name && c.regime == regime) return c;
  ADD_FAILURE() << "no " << name;
  return {};
}

double value_of(const std::string& name, PowerRegime regime) {
  return ceiling(name, regime).value;
}

/// In the unit of the figure.
double most_of(const Ceiling& c, const Environment& machine) {
  // No Hopper GPU has more than 4.9 TB/s of memory; 64 bytes a cycle enter an SM.
  if (c.name.starts_with("hbm_")) return 4900;
  if (c.name.starts_with("l2_")) return 64e-3 * machine.sms * machine.max_sm_clock_mhz;
  if (c.unit != "TFLOPS") return std::numeric_limits<double>::infinity();
  // Additions and multiplications of a cycle and SM; the clock is good for a per cent.
  const double flops_of_cycle = c.name.starts_with("fp8_") ? 8192 : c.name == "bf16_wgmma" ? 4096 : 256;
  return 1.01 * flops_of_cycle * machine.sms * c.sm_clock_mhz * 1e-6;
}

TEST(Ceilings, are_below_what_the_hardware_can_do) {
  const Environment machine = environment();
  for (const Ceiling& c : all()) {
    EXPECT_GT(c.value, 0) << c.name;
    EXPECT_LE(c.value, most_of(c, machine)) << c.name << " at " << c.sm_clock_mhz << " MHz";
  }
}

TEST(Ceilings, tell_of_each_way_to_compute_in_both_regimes) {
  for (const Ceiling& c : all()) {
    if (c.name != "fp8_wgmma_promoted") continue;
    EXPECT_EQ(c.others.size(), 2u) << to_string(c.regime);
    for (const Attempt& other : c.others) EXPECT_LE(other.value, c.value) << other.how;
  }
}

TEST(Ceilings, are_near_it) {
  const Environment machine = environment();
  for (const PowerRegime regime : {PowerRegime::burst, PowerRegime::sustained}) {
    for (const char* name : {"hbm_read", "hbm_write", "hbm_copy"})
      EXPECT_GT(value_of(name, regime), 2400) << name;
    // The promotion costs something, and not much; BF16 has half of the products.
    const double fp8 = value_of("fp8_wgmma", regime), promoted = value_of("fp8_wgmma_promoted", regime);
    EXPECT_GT(fp8, 9 * machine.sms);
    if (regime == PowerRegime::burst)
      EXPECT_LT(promoted, 1.02 * fp8);
    else  // power moves the figure by per cents within a run (seen: 1588 to 1679 TFLOPS)
      EXPECT_LT(ceiling("fp8_wgmma_promoted", regime).low, 1.02 * ceiling("fp8_wgmma", regime).high);
    EXPECT_GT(promoted, 0.85 * fp8);
    EXPECT_NEAR(value_of("bf16_wgmma", regime) / fp8, 0.5, 0.1);
  }
  EXPECT_GT(value_of("fp32_fma", PowerRegime::burst), 0.38 * machine.sms);
  EXPECT_GT(value_of("l2_read", PowerRegime::burst), 1.2 * value_of("hbm_read", PowerRegime::burst));
  EXPECT_NEAR(value_of("empty_kernel_us", PowerRegime::burst), 1, 0.4);
  EXPECT_LT(value_of("launch_us", PowerRegime::burst), value_of("launch_wait_us", PowerRegime::burst));
}

TEST(Ceilings, of_a_cold_cache_take_longer_for_more_bytes) {
  std::map<std::int64_t, double> times_us;
  for (const Ceiling& c : all())
    if (c.name == "cold_read") times_us[c.bytes] = c.time_us;
  ASSERT_EQ(times_us.size(), 11u);
  double last_us = value_of("empty_kernel_us", PowerRegime::burst);
  for (const auto& [bytes, us] : times_us) {
    EXPECT_GT(us, last_us) << bytes;
    last_us = us;
  }
  // The largest read takes nearly as long as the stream of 4 GiB does; behind a memset, whose dirty
  // lines probably have to leave the L2 first, it is a little slower (measured on an H100: 6.4 %).
  EXPECT_NEAR(static_cast<double>(times_us.rbegin()->first) / last_us * 1e-3,
              value_of("hbm_read", PowerRegime::burst), 0.08 * value_of("hbm_read", PowerRegime::burst));
}

void expect_caught(std::string_view probe, int defect) {
  Probes probes;
  const auto report = probes.run(probe, defect);
  ASSERT_FALSE(report) << probe << " was timed in spite of defect " << defect;
  EXPECT_EQ(report.error().invalidity, Invalidity::correctness) << report.error().reason;
  std::printf("%s: %s\n", std::string(probe).c_str(), report.error().reason.c_str());
}

TEST(Ceilings, of_a_read_that_skips_half_of_its_bytes_are_not_measured) {
  for (const char* probe : {"memory", "cold", "l2"}) expect_caught(probe, kHalfRead);
}

TEST(Ceilings, of_a_write_or_copy_that_skips_half_of_its_bytes_are_not_measured) {
  for (const char* probe : {"memory", "cold"}) expect_caught(probe, kHalfWritten);
  // The checks of writers and copiers one by one: the first to complain hides the others.
  const Environment machine = environment();
  cache::CubinCache cache{cache::cache_location()};
  for (const int defect : {0, kHalfWritten}) {
    const ceilings::Arena arena(Rig::get().stream(), cache, static_cast<unsigned>(machine.sms),
                                machine.memory_bytes, defect);
    for (const auto& movers : {ceilings::writers(arena), ceilings::copiers(arena)})
      for (const ceilings::Mover& mover : movers) {
        arena.refill();  // what a defective writer left out is zero, and no loss to a copier
        const ceilings::Sums sums = mover.check(64 << 20);
        EXPECT_EQ(sums.moved == sums.expected, defect == 0) << mover.how << ", defect " << defect;
      }
  }
}

TEST(Ceilings, of_arithmetic_that_leaves_out_half_are_not_measured) {
  for (const char* probe : {"fp8_wgmma", "fp8_wgmma_promoted", "bf16_wgmma", "fp32_fma"})
    expect_caught(probe, kHalfMultiplied);
}

}  // namespace
}  // namespace gemmtune::test
