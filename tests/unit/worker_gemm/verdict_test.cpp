#include "worker/gemm/verdict.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

namespace gemmtune::gemm {
namespace {

Problem problem(DataKind data = DataKind::normal, std::int64_t k = 7168) {
  Problem p;
  p.m = 100, p.n = 64, p.k = k, p.data = data;
  return p;
}

/// What a right kernel shows at K 7168 (measured): error_rms 2.7e-5, error_max 1.0e-5.
Evidence honest() {
  Evidence e;
  e.judgement.reference_squared = 1e6;
  e.judgement.excess_squared = 1e6 * 2.7e-5 * 2.7e-5;
  e.judgement.largest_excess_bits = std::bit_cast<std::uint32_t>(1.0e-5f);
  return e;
}

bool names(const Verdict& verdict, const std::string& text) {
  return verdict.defect.find(text) != std::string::npos;
}

TEST(Verdict, passes_an_honest_kernel) {
  const Verdict verdict = judge(problem(), honest());
  EXPECT_EQ(verdict.defect, "");
  EXPECT_NEAR(verdict.error_rms, 2.7e-5, 1e-9);
  EXPECT_NEAR(verdict.error_max, 1.0e-5, 1e-10);
}

TEST(Verdict, the_rms_gate_falls_between_right_kernels_and_promotion_every_256) {
  Evidence e = honest();
  e.judgement.excess_squared = 1e6 * 4.3e-5 * 4.3e-5;
  EXPECT_TRUE(names(judge(problem(), e), "error_rms 4.3e-05"));
}

/// Figures of FP32 output: 1.27e-4 measured for right kernels, 1.96e-4 simulated for promotion every 256.
TEST(Verdict, fp32_output_has_a_gate_of_its_own) {
  Problem fp32 = problem();
  fp32.out = OutputType::fp32;
  Evidence e = honest();
  e.judgement.excess_squared = 1e6 * 1.28e-4 * 1.28e-4;
  EXPECT_EQ(judge(fp32, e).defect, "");
  EXPECT_TRUE(names(judge(problem(), e), "error_rms"));
  e.judgement.excess_squared = 1e6 * 1.96e-4 * 1.96e-4;
  EXPECT_TRUE(names(judge(fp32, e), "error_rms 0.000196 is above 0.00016"));
}

TEST(Verdict, the_max_gate_tightens_with_k) {
  Evidence e = honest();
  e.judgement.largest_excess_bits = std::bit_cast<std::uint32_t>(3.0e-5f);
  EXPECT_EQ(judge(problem(), e).defect, "");
  EXPECT_TRUE(names(judge(problem(DataKind::normal, 16384), e), "error_max"));
}

TEST(Verdict, each_gate_names_itself) {
  Evidence e = honest();
  e.judgement.not_numbers = 7;
  e.judgement.first_bad_row = 99;
  EXPECT_TRUE(names(judge(problem(), e), "7 elements were not written")) << judge(problem(), e).defect;
  EXPECT_TRUE(names(judge(problem(), e), "row 99"));
  e = honest();
  e.guard_writes = 1;
  EXPECT_TRUE(names(judge(problem(), e), "outside D"));
  e = honest();
  e.unequal_repeat = 1;
  EXPECT_TRUE(names(judge(problem(), e), "second launch differs"));
}

TEST(Verdict, integers_are_held_to_every_bit) {
  Evidence e = honest();
  e.judgement.unequal = 1;
  EXPECT_EQ(judge(problem(), e).defect, "");  // rounding of normal data may fall either way
  EXPECT_TRUE(names(judge(problem(DataKind::integer), e), "differ from the exact"));
  EXPECT_TRUE(names(judge(problem(DataKind::integer_unit), e), "differ from the exact"));
}

TEST(Verdict, the_adversary_is_held_to_magnitudes_alone) {
  Evidence e = honest();
  e.judgement.excess_squared = 1e6;
  e.judgement.largest_excess_bits = std::bit_cast<std::uint32_t>(1.9e-3f);
  EXPECT_EQ(judge(problem(DataKind::adversarial), e).defect, "");
  e.judgement.largest_excess_bits = std::bit_cast<std::uint32_t>(2.1e-3f);
  EXPECT_TRUE(names(judge(problem(DataKind::adversarial), e), "error_max"));
}

TEST(Verdict, a_figure_that_is_no_number_never_passes) {
  Evidence e = honest();
  e.judgement.largest_excess_bits = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN());
  EXPECT_NE(judge(problem(), e).defect, "");
  e = honest();
  e.judgement.excess_squared = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(judge(problem(), e).defect, "");
}

TEST(Verdict, zeros_allow_no_error_at_all) {
  Evidence e;
  EXPECT_EQ(judge(problem(DataKind::zeros), e).defect, "");
  e.judgement.excess_squared = 1e-30;
  EXPECT_TRUE(names(judge(problem(DataKind::zeros), e), "error_rms inf"));
}

/// Each by the limits at its own K, which are wider where there is less of it.
TEST(Verdict, groups_along_k_are_judged_one_by_one) {
  Problem p = problem();
  p.kernel = "k_grouped_1d1d";
  p.groups = 3, p.group_sizes = {128, 0, 16384};
  std::vector<Judgement> groups(3, honest().judgement);
  groups[0].largest_excess_bits = std::bit_cast<std::uint32_t>(2.0e-4f);  // right at K 128
  groups[1] = {};
  const Verdict right = judge_groups(p, groups, {});
  EXPECT_EQ(right.defect, "");
  EXPECT_NEAR(right.error_max, 2.0e-4, 1e-9) << "the worst of all";
  EXPECT_NEAR(right.error_rms, 2.7e-5, 1e-9);
  std::swap(groups[0], groups[2]);
  EXPECT_EQ(judge_groups(p, groups, {}).defect.substr(0, 32), "group 2, of K 16384: error_max 0");
  std::swap(groups[0], groups[2]);
  groups[1].excess_squared = 1e-9;  // of zeros every error is one
  EXPECT_TRUE(names(judge_groups(p, groups, {}), "group 1, of K 0: error_rms"));
  groups[1] = {};
  Evidence outside;
  outside.guard_writes = 1;
  EXPECT_TRUE(names(judge_groups(p, groups, outside), "outside D"));
}

}  // namespace
}  // namespace gemmtune::gemm
