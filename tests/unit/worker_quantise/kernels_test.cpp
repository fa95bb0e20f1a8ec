// The quantisers through NVRTC: what the GPU would run, as far as that shows without one.
#include "worker/quantise/kernels.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace gemmtune::quantise {
namespace {

std::vector<QuantiserKind> all_kinds() {
  std::vector<QuantiserKind> kinds;
  for (const OutputType input : {OutputType::bf16, OutputType::fp32})
    for (const Recipe scale : {Recipe::fp32, Recipe::ue8m0})
      for (const bool stochastic : {false, true}) kinds.push_back({input, scale, stochastic});
  return kinds;
}

TEST(QuantiserKernels, compile_without_spills) {
  cache::CubinCache uncached({"", 0});
  for (const QuantiserKind& kind : all_kinds()) {
    const auto report = jit::compile(job_of(compiled(kind)), uncached);
    ASSERT_TRUE(report) << describe(kind) << ": " << report.error().reason;
    EXPECT_EQ(report->report.spill_bytes, 0) << describe(kind);
    std::printf("%s: %d registers\n", describe(kind).c_str(), report->report.registers);
  }
}

TEST(QuantiserKernels, have_defects_to_plant) {
  cache::CubinCache uncached({"", 0});
  const auto cubin = [&](const QuantiserKind& kind, int defect) {
    const auto found = jit::compile(job_of(compiled(kind), defect), uncached);
    EXPECT_TRUE(found) << defect;
    return found ? found->cubin : std::string();
  };
  const QuantiserKind plain, stochastic{OutputType::bf16, Recipe::ue8m0, true};
  for (const int defect : {30, 31, 32}) EXPECT_NE(cubin(plain, defect), cubin(plain, 0)) << defect;
  EXPECT_NE(cubin(stochastic, 33), cubin(stochastic, 0));
}

TEST(QuantiserKernels, read_and_turn_by_16_bytes) {
  const auto ptx = jit::to_ptx(job_of(compiled({})));
  ASSERT_TRUE(ptx) << ptx.error().reason;
  for (const char* wide : {"ld.global.v4", "st.global.v4", "st.global.v2", "ld.shared.v4"})
    EXPECT_NE(ptx->find(wide), std::string::npos) << wide;
}

TEST(QuantisedBytes, are_those_that_are_read_and_written) {
  const QuantiserKind bf16, fp32{OutputType::fp32, Recipe::fp32, false};
  EXPECT_EQ(quantised_bytes(bf16, QuantiserForm::row, 5, 256), 5 * 256 * 3 + 2 * 8 * 4);
  EXPECT_EQ(quantised_bytes(fp32, QuantiserForm::block, 129, 256), 129 * 256 * 5 + 2 * 2 * 4);
  EXPECT_EQ(quantised_bytes(bf16, QuantiserForm::both, 5, 256),
            5 * 256 * 3 + 2 * 8 * 4 + 256 * 128 + 256 * 4);
}

}  // namespace
}  // namespace gemmtune::quantise
