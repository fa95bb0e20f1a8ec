#include "operation/operation.h"

#include "core/groups.h"
#include "operation/providers.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <cmath>
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
    EXPECT_EQ(operation->baselines.empty(), operation->groups != Groups::none) << "no library is raced";
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
  p.kernel = "dense_1d1d";  // scales of B as of A
  EXPECT_EQ(bytes(p), 3 * 256 + 136 * 256 + 4 * 4 * 2 + 4 * 136 * 2 + 2 * 4 * 3 * 136);
  p.kernel = "dense_bf16";
  EXPECT_EQ(bytes(p), 2 * (3 * 256 + 136 * 256) + 2 * 4 * 3 * 136);
  p.kernel = "dense_tensor";
  EXPECT_EQ(bytes(p), 3 * 256 + 136 * 256 + 2 * 4 + 2 * 4 * 3 * 136) << "two scales in all";
}

Problem grouped(std::vector<std::int64_t> sizes) {
  Problem p = problem("dense_1d2d", 0, 136, 256);  // of a kernel whose factors are those of groups
  p.groups = std::ssize(sizes);
  p.group_sizes = std::move(sizes), p.alignment = 128, p.layout = "indices";
  set_size_from_groups(p);
  return p;
}

TEST(Operations, of_groups_count_the_rows_that_groups_own) {
  Problem p = grouped({3, 0, 130});
  EXPECT_EQ(flops(p), 2 * 133 * 136 * 256);
  EXPECT_EQ(output_bytes(p), 2 * 133 * 136);
  // B and its scales of the two groups that have rows; scales of A, rows padded to 4.
  const std::int64_t weights = 136 * 256 + 4 * 2 * 2;
  const std::int64_t contiguous = 133 * 256 + 4 * 136 * 2 + 2 * weights + 2 * 133 * 136;
  EXPECT_EQ(bytes(kGroupedContiguous1d2d.factors, p), contiguous);
  p.alignment = 0, p.layout = "", p.max_m = 256;
  EXPECT_EQ(bytes(kGroupedMasked1d2d.factors, p), contiguous) << "room is not touched";
  p.out = OutputType::fp32, p.accumulate = true;
  EXPECT_EQ(output_bytes(p), 2 * 4 * 133 * 136);
}

TEST(Operations, of_drawn_groups_count_the_mean_of_their_draws) {
  Problem p = grouped({1});
  p.groups = 4, p.group_sizes.clear(), p.m_per_group = 64, p.routing = "uniform", p.empty = 0.5;
  EXPECT_EQ(flops(p), 2 * 256 * 136 * 256) << "every draw has as many rows";
  const std::int64_t weights = 136 * 256 + 4 * 2 * 2;
  EXPECT_EQ(bytes(kGroupedContiguous1d2d.factors, p), 256 * 256 + 4 * 256 * 2 + 2 * weights + 2 * 256 * 136);
  p.routing = "", p.spread = 0.5, p.empty = 0;
  double rows = 0;
  for (int draw = 0; draw < kDraws; ++draw)
    for (const std::int64_t size : draw_sizes(p, draw)) rows += static_cast<double>(size) / kDraws;
  EXPECT_EQ(flops(p), std::llround(2 * rows * 136 * 256));
}

TEST(Operations, of_groups_that_share_out_k_each_group_has_a_d) {
  Problem p = problem("dense_1d2d", 64, 128, 0);
  p.groups = 3, p.group_sizes = {128, 0, 256};
  set_size_from_groups(p);
  EXPECT_EQ(p.k, 128);
  EXPECT_EQ(flops(p), 2 * 64 * 128 * 384);
  EXPECT_EQ(output_bytes(p), 2 * 3 * 64 * 128);
  const Factors bf16 = {{ElementType::bf16, Granularity::none}, {ElementType::bf16, Granularity::none}};
  EXPECT_EQ(bytes(bf16, p), 2 * (64 + 128) * 384 + 2 * 3 * 64 * 128);
}

TEST(Operations, of_groups_have_the_gates_of_the_dense_one) {
  for (const Operation* grouped : {&kGroupedContiguous1d2d, &kGroupedMasked1d2d}) {
    EXPECT_EQ(grouped->factors, kDense1d2d.factors);
    EXPECT_EQ(grouped->roof, kDense1d2d.roof);
    EXPECT_EQ(grouped->k_multiple, kDense1d2d.k_multiple);
    for (const std::int64_t k : {128, 7168})
      EXPECT_EQ(error_rms_limit(grouped->gates, OutputType::bf16, k),
                error_rms_limit(kDense1d2d.gates, OutputType::bf16, k));
    EXPECT_TRUE(is_exact(grouped->gates, DataKind::integer));
  }
  EXPECT_EQ(kGroupedContiguous1d2d.groups, Groups::contiguous);
  EXPECT_EQ(kGroupedMasked1d2d.groups, Groups::masked);
}

TEST(Operations, of_gradients_have_the_gates_of_the_dense_one) {
  EXPECT_EQ(kDense1d1d.roof, kDense1d2d.roof);
  EXPECT_EQ(kDense1d1d.k_multiple, kDense1d2d.k_multiple);
  for (const OutputType out : {OutputType::bf16, OutputType::fp32})
    EXPECT_EQ(error_rms_limit(kDense1d1d.gates, out, 4096), error_rms_limit(kDense1d2d.gates, out, 4096));
  EXPECT_TRUE(is_exact(kDense1d1d.gates, DataKind::integer_unit));
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
  // The same block scales are those of the problem.
  const Problem rows = problem("dense_1d1d", 64, 256, 512);
  for (const char* id : {provider::kCublasLtBlock, "deepgemm"}) {
    EXPECT_TRUE(provider::same_product(id, rows)) << id;
    EXPECT_EQ(provider::factors(id, rows), kDense1d1d.factors) << id;
    EXPECT_EQ(provider::factors(id, block), kDense1d2d.factors) << id;
    EXPECT_EQ(provider::bytes(id, rows), bytes(rows)) << id;
  }
  EXPECT_FALSE(provider::same_product(provider::kCublasLtTensor, rows));
  EXPECT_FALSE(provider::same_product("triton_block", rows))
      << "scripts/peers/triton_gemm.py has blocks alone";
  EXPECT_EQ(provider::factors(provider::kCublasLtTensor, rows), kDenseTensor.factors);
  EXPECT_EQ(provider::roof(provider::kGemmtune, bf16), ComputeRoof::bf16);
  EXPECT_EQ(provider::roof(provider::kCublasLtTensor, bf16), ComputeRoof::fp8);
  EXPECT_EQ(provider::bytes(provider::kCublasBf16, block), bytes(bf16));
  EXPECT_EQ(provider::bytes(provider::kGemmtune, block), bytes(block));
}

TEST(Providers, of_groups_compute_no_dense_product_and_the_others_no_groups) {
  const Problem dense = problem("dense_1d2d", 64, 256, 512), groups = grouped({64, 64});
  for (const std::string_view id : {provider::kLoopOfDense, provider::kPaddedBatch}) {
    EXPECT_TRUE(provider::same_product(id, groups)) << id;
    EXPECT_FALSE(provider::same_product(id, dense)) << id;
    ASSERT_NE(provider::find(id), nullptr);
    EXPECT_TRUE(provider::find(id)->needs_host_sizes) << id;
    EXPECT_EQ(provider::bytes(id, groups), bytes(groups)) << "what is padded is no useful traffic";
  }
  EXPECT_TRUE(provider::same_product(provider::kGemmtune, groups));
  EXPECT_TRUE(provider::same_product(provider::kDeepGemm, groups));
  EXPECT_FALSE(provider::find(provider::kDeepGemm)->needs_host_sizes);
  for (const char* id : {provider::kCublasLtBlock, "triton_block", "torch_scaled_mm_block"})
    EXPECT_FALSE(provider::same_product(id, groups)) << id;
}

Problem along_k(std::vector<std::int64_t> sizes, bool accumulate) {
  Problem p = problem("k_grouped_1d1d", 256, 512, 0);
  p.out = OutputType::fp32, p.accumulate = accumulate;
  p.groups = std::ssize(sizes), p.group_sizes = std::move(sizes);
  set_size_from_groups(p);
  return p;
}

TEST(Operations, of_groups_along_k_have_the_work_of_all_of_k_and_a_d_each) {
  const std::int64_t k = 128 + 0 + 1024, operands = (256 + 512) * (k + 4 * (k / 128)), d = 4 * 256 * 512;
  const Problem written = along_k({128, 0, 1024}, false), added = along_k({128, 0, 1024}, true);
  EXPECT_EQ(flops(written), 2 * 256 * 512 * k);
  EXPECT_EQ(bytes(written), operands + 3 * d) << "zeros are written too";
  EXPECT_EQ(bytes(added), operands + 2 * 2 * d) << "and nothing is added to where there is no K";
}

TEST(Providers, of_groups_along_k_are_those_that_have_scales_of_rows) {
  const Problem p = along_k({128, 256}, true);
  for (const std::string_view id :
       {std::string_view(provider::kDeepGemm), std::string_view(provider::kLoopOfDense)})
    EXPECT_TRUE(provider::same_product(id, p)) << id;
  EXPECT_FALSE(provider::same_product(provider::kPaddedBatch, p));
}

TEST(Providers, every_baseline_is_a_library_of_the_table_and_one_computes_the_same) {
  for (const Operation* operation : all()) {
    if (operation->groups != Groups::none) continue;
    bool same = false;
    for (const std::string_view name : operation->baselines) {
      const provider::Provider* found = provider::find(name);
      ASSERT_NE(found, nullptr) << name;
      EXPECT_TRUE(found->library) << name;
      Problem p = problem("", 64, 256, 512);
      p.kernel = operation->kernel;
      same = same || provider::same_product(name, p);
    }
    EXPECT_TRUE(same) << operation->kernel;
  }
}

}  // namespace
}  // namespace gemmtune::operation
