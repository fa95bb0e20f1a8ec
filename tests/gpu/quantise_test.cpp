// The quantisers on this GPU: every bit that of plain loops, a planted defect is seen and never timed, and
// how near they come to a copy.
#include "gpu/timing.h"
#include "worker/quantise/probe.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace gemmtune::test {
namespace {

// Of kernels/quantise/defect.cuh.
constexpr int kScaleOfNeighbour = 30, kRowNotTurned = 31, kRoundedDown = 32, kSameNoiseEverywhere = 33;

constexpr QuantiserForm kForms[] = {QuantiserForm::row, QuantiserForm::block, QuantiserForm::both};

std::vector<QuantiserKind> all_kinds() {
  std::vector<QuantiserKind> kinds;
  for (const OutputType input : {OutputType::bf16, OutputType::fp32})
    for (const Recipe scale : {Recipe::fp32, Recipe::ue8m0})
      for (const bool stochastic : {false, true}) kinds.push_back({input, scale, stochastic});
  return kinds;
}

Outcome<QuantiseReport> judge(const QuantiserKind& kind, QuantiserForm form, std::int64_t rows,
                              std::int64_t columns, bool timed = false, int defect = 0) {
  Rig& rig = Rig::get();
  static cache::CubinCache cache{cache::cache_location()};
  static measure::Bench bench{rig.stream(), stream_kernels(), rig.nvml()};
  Environment machine;
  gpu::describe_device(machine);
  return quantise::measure({kind, form, rows, columns, 3, timed, Timer::cupti},
                           {rig.stream(), bench, cache, static_cast<unsigned>(machine.sms),
                            machine.memory_bytes, Timer::cupti, defect});
}

TEST(Quantise, gives_every_bit_of_the_plain_loops_at_every_edge) {
  for (const QuantiserKind& kind : all_kinds())
    for (const QuantiserForm form : kForms)
      for (const auto& [rows, columns] : {std::pair(1, 128), std::pair(517, 640), std::pair(4096, 2048)}) {
        const auto report = judge(kind, form, rows, columns);
        ASSERT_TRUE(report) << report.error().reason;
        EXPECT_GE(report->matrices, 12);
      }
}

TEST(Quantise, catches_what_is_planted) {
  const QuantiserKind plain, stochastic{OutputType::bf16, Recipe::fp32, true};
  const struct {
    int defect;
    const QuantiserKind& kind;
    bool in[3];  // row, block, both
  } planted[] = {{kScaleOfNeighbour, plain, {true, true, true}},
                 {kRowNotTurned, plain, {false, false, true}},
                 {kRoundedDown, plain, {true, true, true}},
                 {kSameNoiseEverywhere, stochastic, {true, true, true}}};
  for (const auto& [defect, kind, in] : planted)
    for (std::size_t i = 0; i < 3; ++i) {
      const auto report = judge(kind, kForms[i], 256, 256, /*timed=*/true, defect);
      ASSERT_EQ(static_cast<bool>(report), !in[i]) << "defect " << defect << ", " << to_string(kForms[i]);
      if (!in[i]) continue;
      EXPECT_EQ(report.error().invalidity, Invalidity::correctness);
      std::printf("defect %d: %s\n", defect, report.error().reason.c_str());
    }
}

TEST(QuantiserSpeed, is_near_that_of_a_copy) {
  for (const QuantiserKind& kind : all_kinds())
    for (const QuantiserForm form : kForms) {
      const auto report = judge(kind, form, 8192, 7168, /*timed=*/true);
      ASSERT_TRUE(report) << report.error().reason;
      const double share = report->speed->value / report->copy->value;
      std::printf("%s %s: %.1f us, %.0f GB/s, %.1f %% of a copy's %.0f\n",
                  std::string(to_string(form)).c_str(), describe(kind).c_str(), report->speed->time_us,
                  report->speed->value, 100 * share, report->copy->value);
      if (!kind.stochastic && kind.input == OutputType::bf16) {
        EXPECT_GE(share, 0.85);
      }
      EXPECT_LT(share, 1.1) << "faster than a copy of as many bytes";
    }
}

}  // namespace
}  // namespace gemmtune::test
