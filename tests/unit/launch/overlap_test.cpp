// Which launches of the worker may begin before the one before them has ended.
#include "fakes/cuda_driver.h"
#include "worker/gemm/launch.h"

#include <gtest/gtest.h>

namespace gemmtune::gemm {
namespace {

namespace fake = fake_driver;

const Config kConfig = {{"block_m", 128}, {"block_n", 128}, {"cluster_m", 1},  {"cluster_n", 1},
                        {"k_groups", 1},  {"split_k", 1},   {"stages", 3},     {"num_sms", 4},
                        {"raster", 8},    {"swap_ab", 0},   {"evict_first", 0}};

fake::Launched launched(OutputType out, bool accumulate, bool overlaps) {
  fake::reset();
  CUlibrary library;
  CUkernel kernel;
  EXPECT_EQ(cuLibraryLoadData(&library, "cubin", nullptr, nullptr, 0, nullptr, nullptr, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuLibraryGetKernel(&kernel, library, "dense_1d2d"), CUDA_SUCCESS);
  OperandSets sets;
  sets.problem.m = 256, sets.problem.n = 256, sets.problem.k = 1024;
  sets.problem.out = out, sets.problem.accumulate = accumulate;
  const auto place = [](std::uintptr_t values, std::uintptr_t scales) {
    return FactorPlace{reinterpret_cast<void*>(values), reinterpret_cast<float*>(scales)};
  };
  sets.sets = {{place(0x100000, 0x300000), place(0x200000, 0x400000), reinterpret_cast<void*>(0x500000)}};
  LaunchTweaks tweaks;
  tweaks.overlaps = overlaps;
  gemm_launch(kernel, kConfig, sets, tweaks)(nullptr, 0);
  const auto all = fake::launches();
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? fake::Launched{} : all.front();
}

TEST(Overlap, asks_for_as_many_weights_ahead_as_there_are_stages) {
  for (const OutputType out : {OutputType::bf16, OutputType::fp32})
    for (const bool accumulate : {false, true}) {
      const fake::Launched one = launched(out, accumulate, true);
      EXPECT_TRUE(one.overlaps);
      EXPECT_EQ(one.arguments.at(16), 3u) << "stages of weights ahead";
    }
}

TEST(Overlap, is_for_launches_that_were_asked_to) {
  const fake::Launched one = launched(OutputType::bf16, false, false);
  EXPECT_FALSE(one.overlaps);
  EXPECT_EQ(one.arguments.at(16), 0u);
}

}  // namespace
}  // namespace gemmtune::gemm
