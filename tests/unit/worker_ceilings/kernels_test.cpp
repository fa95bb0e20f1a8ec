// The kernels of the ceilings through NVRTC: what the GPU would run, as far as that shows without one.
#include "worker/ceilings/kernels.h"

#include "worker/ceilings/probe.h"

#include <gtest/gtest.h>

namespace gemmtune::ceilings {
namespace {

const TensorTile kTiles[] = {{TensorForm::fp8, 128, 2, 6},
                             {TensorForm::fp8_promoted, 128, 2, 6},
                             {TensorForm::fp8_promoted, 224, 2, 5},
                             {TensorForm::bf16, 128, 2, 6},
                             {TensorForm::fp8_promoted, 128, 3, 5}};

const jit::Job kPlain = {"kernels/ceilings/plain.cuh", {}};

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(CeilingKernels, compile_without_spills_and_within_their_registers) {
  cache::CubinCache uncached({"", 0});
  std::vector<jit::Job> jobs = {kPlain};
  for (const TensorTile& tile : kTiles) jobs.push_back(job_of(tile));
  for (const jit::Job& job : jobs) {
    const auto compiled = jit::compile(job, uncached);
    ASSERT_TRUE(compiled) << job.main << ": " << compiled.error().reason;
    EXPECT_EQ(compiled->report.spill_bytes, 0);
    std::printf("%s: %d registers\n", job.main.c_str(), compiled->report.registers);
  }
  // Four CTAs of 512 threads an SM, as write, copy and fma are launched.
  EXPECT_LE(jit::compile(kPlain, uncached)->report.registers, 32);
}

TEST(CeilingKernels, have_defects_to_plant_in_each_of_them) {
  cache::CubinCache uncached({"", 0});
  constexpr int kHalfRead = 20, kHalfWritten = 21, kHalfMultiplied = 22;
  const auto cubin = [&](const jit::Job& job) {
    const auto compiled = jit::compile(job, uncached);
    EXPECT_TRUE(compiled) << (compiled ? "" : compiled.error().reason);
    return compiled ? compiled->cubin : std::string();
  };
  for (const int defect : {kHalfRead, kHalfWritten, kHalfMultiplied})
    EXPECT_NE(cubin({kPlain.main, {{"DEFECT", std::to_string(defect)}}}), cubin(kPlain)) << defect;
  for (const TensorTile& tile : kTiles) EXPECT_NE(cubin(job_of(tile, kHalfMultiplied)), cubin(job_of(tile)));
}

TEST(CeilingKernels, multiply_on_the_tensor_cores_four_times_a_k_block) {
  const char* const instructions[] = {"wgmma.mma_async.sync.aligned.m64n128k32.f32.e4m3.e4m3",
                                      "wgmma.mma_async.sync.aligned.m64n128k32.f32.e4m3.e4m3",
                                      "wgmma.mma_async.sync.aligned.m64n224k32.f32.e4m3.e4m3",
                                      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16",
                                      "wgmma.mma_async.sync.aligned.m64n128k32.f32.e4m3.e4m3"};
  for (std::size_t i = 0; i < std::size(kTiles); ++i) {
    const auto ptx = jit::to_ptx(job_of(kTiles[i]));
    ASSERT_TRUE(ptx) << ptx.error().reason;
    // A multiple: the compiler may unroll.
    EXPECT_GT(count(*ptx, instructions[i]), 0u) << i;
    EXPECT_EQ(count(*ptx, instructions[i]) % 4, 0u) << i;
  }
}

TEST(CeilingKernels, read_in_bulk_and_by_16_bytes) {
  const auto ptx = jit::to_ptx(kPlain);
  ASSERT_TRUE(ptx) << ptx.error().reason;
  EXPECT_GT(count(*ptx, "cp.async.bulk.shared::cluster.global"), 0u);
  EXPECT_GT(count(*ptx, "ld.global.v4"), 3u);
  EXPECT_GT(count(*ptx, "st.global.v4"), 7u);
  // No register is spared: every multiply-add of a step is there.
  EXPECT_GE(count(*ptx, "fma.rn.f32"), 256u);
}

TEST(TensorTile, fits_the_shared_memory_of_a_cta_and_counts_its_work) {
  for (const TensorTile& tile : kTiles) EXPECT_LE(tile.operand_bytes(), 231424) << tile.columns;
  EXPECT_EQ(kTiles[0].flops(), 2.0 * 128 * 128 * 128);
  EXPECT_EQ(kTiles[3].flops(), 2.0 * 128 * 128 * 64);
}

}  // namespace
}  // namespace gemmtune::ceilings
