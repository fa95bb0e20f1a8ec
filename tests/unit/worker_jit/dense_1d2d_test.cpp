// A spread of real configurations through NVRTC: what the GPU would run, as far as that shows without one.
#include "family/gemm_config.h"
#include "family/kernels.h"
#include "worker/jit/jit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

namespace gemmtune::jit {
namespace {

Config tile(std::int64_t block_m, std::int64_t block_n, std::int64_t cluster_m, std::int64_t cluster_n,
            std::int64_t stages, std::int64_t k_groups = 1, std::int64_t split_k = 1,
            std::int64_t swap_ab = 0) {
  return {{"block_m", block_m},   {"block_n", block_n}, {"cluster_m", cluster_m}, {"cluster_n", cluster_n},
          {"k_groups", k_groups}, {"split_k", split_k}, {"stages", stages},       {"swap_ab", swap_ab}};
}

/// Each height, narrow and wide, aligned and not, each cluster, each number of k-groups, few and many stages;
/// and where K is split the tiles that leave the fewest registers for sending sums.
const std::vector<Config> kSpread = {
    tile(64, 16, 1, 1, 20),           tile(64, 64, 1, 2, 8),
    tile(64, 144, 1, 1, 6),           tile(128, 24, 1, 1, 9),
    tile(128, 112, 2, 1, 5),          tile(128, 128, 1, 2, 5),
    tile(128, 192, 1, 1, 4),          tile(256, 96, 2, 1, 3),
    tile(256, 128, 1, 1, 3),          tile(192, 144, 2, 1, 4),
    tile(64, 64, 1, 1, 8, 4),         tile(128, 88, 1, 2, 4, 2),
    tile(64, 192, 1, 1, 5, 1, 2),     tile(128, 192, 1, 1, 3, 1, 3),
    tile(192, 96, 1, 1, 3, 1, 2),     tile(256, 128, 1, 1, 3, 1, 2),
    tile(64, 96, 1, 1, 3, 3, 2),      tile(128, 80, 1, 1, 2, 2, 4),
    tile(256, 56, 1, 1, 2, 2, 2),     tile(128, 96, 1, 1, 2, 1, 8),
    tile(192, 96, 1, 1, 3, 1, 4),     tile(64, 80, 1, 1, 4, 4, 4),
    tile(8, 64, 1, 1, 20, 2, 2, 1),   tile(176, 64, 1, 1, 2, 2, 8, 1),
    tile(176, 128, 1, 2, 3, 1, 1, 1), tile(176, 128, 1, 1, 2, 1, 4, 1),
    tile(120, 192, 1, 1, 2, 1, 4, 1), tile(96, 256, 1, 1, 2, 1, 4, 1),
    tile(80, 128, 1, 1, 2, 2, 4, 1),  tile(96, 256, 2, 1, 3, 1, 1, 1),
    tile(48, 256, 1, 1, 2, 2, 4, 1),
};

/// Tiles that leave few registers for the end of a tile, with one wave a warpgroup and two, and each width of
/// store box.
const std::vector<Config> kForms = {
    tile(64, 72, 1, 1, 8, 4), tile(128, 112, 2, 1, 3),      tile(192, 120, 1, 1, 2),
    tile(256, 128, 1, 2, 2),  tile(256, 40, 1, 1, 2, 2, 4),
};

TEST(Dense1d2dCubins, store_d_in_every_form_without_spills) {
  cache::CubinCache uncached({"", 0});
  for (const auto& [out, accumulate] :
       {std::pair{OutputType::fp32, false}, {OutputType::fp32, true}, {OutputType::bf16, true}}) {
    Problem p;
    p.out = out, p.accumulate = accumulate;
    for (const Config& config : kForms) {
      const Config seen = family::dense_1d2d().compiled(config, p);
      const auto compiled = compile(job_for(family::dense_1d2d(), seen), uncached);
      EXPECT_TRUE(compiled) << describe(seen) << ": " << (compiled ? "" : compiled.error().reason);
    }
    const auto ptx = to_ptx(job_for(family::dense_1d2d(), family::dense_1d2d().compiled(kForms[0], p)));
    ASSERT_TRUE(ptx);
    EXPECT_EQ(ptx->find("cp.reduce.async.bulk.tensor.2d.global.shared::cta.add") != ptx->npos,
              out == OutputType::fp32 && accumulate);
    EXPECT_EQ(ptx->find("ldmatrix") != ptx->npos, out == OutputType::bf16 && accumulate);
  }
}

TEST(Dense1d2dCubins, keep_to_their_registers_and_are_quick_to_compile) {
  cache::CubinCache uncached({"", 0});
  std::vector<double> times_ms;
  for (const Config& config : kSpread) {
    const auto compiled = compile(job_for(family::dense_1d2d(), config), uncached);
    ASSERT_TRUE(compiled) << describe(config) << ": " << compiled.error().reason;
    const CompileReport& report = compiled->report;
    // 65536 registers among the threads of a CTA, in steps of 8; setmaxnreg moves them between roles later.
    const int threads = family::GemmConfig::from(config, Problem{}).threads();
    EXPECT_LE(report.registers, std::min(255, 65536 / threads / 8 * 8)) << describe(config);
    EXPECT_EQ(report.spill_bytes, 0) << describe(config);
    std::printf("%-60s %3d registers %6.0f ms\n", describe(config).c_str(), report.registers,
                report.compile_ms);
    times_ms.push_back(report.compile_ms);
  }
  std::ranges::sort(times_ms);
  std::printf("compile: median %.0f ms, worst %.0f ms\n", times_ms[times_ms.size() / 2], times_ms.back());
  // Ten times what it takes on an idle core: this fails when a toolkit header creeps into device code.
  EXPECT_LT(times_ms[times_ms.size() / 2], 2000);
}

TEST(Dense1d2dCubins, multiply_fp8_on_the_tensor_cores) {
  for (const Config& config : kSpread) {
    const auto ptx = to_ptx(job_for(family::dense_1d2d(), config));
    ASSERT_TRUE(ptx) << describe(config) << ": " << ptx.error().reason;
    const std::string instruction =
        "wgmma.mma_async.sync.aligned.m64n" +
        std::to_string(config.at(config.at("swap_ab") == 1 ? "block_m" : "block_n")) + "k32.f32.e4m3.e4m3";
    EXPECT_NE(ptx->find(instruction), std::string::npos) << describe(config) << ": no " << instruction;
    EXPECT_NE(ptx->find("setmaxnreg.inc"), std::string::npos) << describe(config);
  }
}

}  // namespace
}  // namespace gemmtune::jit
