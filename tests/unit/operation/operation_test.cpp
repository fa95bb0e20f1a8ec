#include "operation/operation.h"

#include "operation/providers.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gemmtune::operation {
namespace {

Problem problem(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k) {
  Problem p;
  p.kernel = kernel, p.m = m, p.n = n, p.k = k;
  return p;
}

TEST(Operations, each_is_found_by_its_kernel) {
  std::set<std::string_view> kernels;
  for (const Operation* operation : all()) {
    EXPECT_EQ(find(operation->kernel), operation);
    EXPECT_TRUE(kernels.insert(operation->kernel).second);
    EXPECT_FALSE(operation->gates.error_rms.empty());
    EXPECT_FALSE(operation->baselines.empty());
  }
  EXPECT_EQ(find("no_such"), nullptr);
  EXPECT_THROW(of(problem("no_such", 1, 8, 128)), InternalError);
}

TEST(Operations, count_useful_work_and_compulsory_bytes) {
  Problem p = problem("dense_1d2d", 3, 136, 256);
  EXPECT_EQ(flops(p), 2 * 3 * 136 * 256);
  // A and B; scales of A, rows padded to 4, two blocks of K; scales of B, two blocks of N by two of K; D in
  // BF16.
  const std::int64_t operands = 3 * 256 + 136 * 256 + 4 * 4 * 2 + 4 * 2 * 2;
  EXPECT_EQ(bytes(p), operands + 2 * 3 * 136);
  p.out = OutputType::fp32;
  EXPECT_EQ(bytes(p), operands + 4 * 3 * 136);
  p.accumulate = true;  // C is read
  EXPECT_EQ(bytes(p), operands + 2 * 4 * 3 * 136);
  p.a_pitch = p.b_pitch = 512, p.d_pitch = 256;  // gaps are not touched
  EXPECT_EQ(bytes(p), operands + 2 * 4 * 3 * 136);
  p.kernel = "dense_bf16";
  EXPECT_EQ(bytes(p), 2 * (3 * 256 + 136 * 256) + 2 * 4 * 3 * 136);
  p.kernel = "dense_tensor";
  EXPECT_EQ(bytes(p), 3 * 256 + 136 * 256 + 2 * 4 + 2 * 4 * 3 * 136) << "two scales in all";
}

TEST(Operations, limits_go_as_a_power_of_k_between_the_calibrated_ones) {
  static constexpr Gates::RmsLimit kLimits[] = {{128, 1, 10}, {512, 2, 40}, {2048, 8, 40}};
  const Gates gates{kLimits, {0.03, -0.75}, {2e-3, 0}, {}};
  EXPECT_DOUBLE_EQ(error_rms_limit(gates, OutputType::bf16, 64), 1);
  EXPECT_DOUBLE_EQ(error_rms_limit(gates, OutputType::bf16, 128), 1);
  EXPECT_DOUBLE_EQ(error_rms_limit(gates, OutputType::bf16, 512), 2);
  EXPECT_DOUBLE_EQ(error_rms_limit(gates, OutputType::bf16, 1024), 4);
  EXPECT_DOUBLE_EQ(error_rms_limit(gates, OutputType::fp32, 256), 20);
  EXPECT_DOUBLE_EQ(error_rms_limit(gates, OutputType::bf16, 1 << 20), 8);
  EXPECT_NEAR(error_max_limit(gates, DataKind::normal, 65536), 0.03 / 4096, 1e-12);
  EXPECT_EQ(error_max_limit(gates, DataKind::adversarial, 65536), 2e-3);
}

TEST(Providers, compute_the_product_that_the_table_says) {
  const Problem block = problem("dense_1d2d", 64, 256, 512), bf16 = problem("dense_bf16", 64, 256, 512);
  EXPECT_TRUE(provider::same_product(provider::kGemmtune, block));
  EXPECT_TRUE(provider::same_product(provider::kGemmtune, bf16));
  EXPECT_TRUE(provider::same_product(provider::kCublasLtBlock, block));
  EXPECT_FALSE(provider::same_product(provider::kCublasLtBlock, bf16));
  EXPECT_FALSE(provider::same_product(provider::kCublasBf16, block));
  EXPECT_TRUE(provider::same_product(provider::kCublasBf16, bf16));
  EXPECT_TRUE(provider::same_product(provider::kDeepGemm, block));
  EXPECT_FALSE(provider::same_product("nobody", block));
  EXPECT_EQ(provider::roof(provider::kGemmtune, bf16), ComputeRoof::bf16);
  EXPECT_EQ(provider::roof(provider::kCublasLtTensor, bf16), ComputeRoof::fp8);
  EXPECT_EQ(provider::bytes(provider::kCublasBf16, block), bytes(bf16));
  EXPECT_EQ(provider::bytes(provider::kGemmtune, block), bytes(block));
}

TEST(Providers, every_baseline_is_a_library_of_the_table_and_one_computes_the_same) {
  for (const Operation* operation : all()) {
    bool same = false;
    for (const std::string_view name : operation->baselines) {
      const provider::Provider* found = provider::find(name);
      ASSERT_NE(found, nullptr) << name;
      EXPECT_TRUE(found->library) << name;
      same = same || found->factors == operation->factors;
    }
    EXPECT_TRUE(same) << operation->kernel;
  }
}

}  // namespace
}  // namespace gemmtune::operation
