// Recipes and data as texts, and which kernel computes which recipe.
#include "accuracy/recipe.h"

#include "accuracy/assess.h"
#include "accuracy/data.h"
#include "operation/operation.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace gemmtune::accuracy {
namespace {

std::string complaint(const std::string& recipe) {
  try {
    parse_recipe(recipe, OutputType::bf16);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(Recipe, is_read_as_it_is_said) {
  for (const char* set : {"usual", "all"}) {
    std::set<std::string> seen;
    for (const Recipe& recipe : recipe_set(set, OutputType::fp32, true)) {
      EXPECT_EQ(parse_recipe(describe(recipe), OutputType::fp32), recipe) << describe(recipe);
      EXPECT_TRUE(seen.insert(describe(recipe)).second) << describe(recipe) << " is there twice";
    }
  }
  EXPECT_EQ(
      parse_recipe("e5m2:scaling=1x64,scale=ue8m0,rounding=stochastic,promote=32,out=fp32", OutputType::bf16),
      (Recipe{Element::e5m2, Scaling::by_1x64, ScaleType::ue8m0, Amax::now, Rounding::stochastic, 32,
              OutputType::fp32}));
}

TEST(Recipe, promotes_as_the_kernels_do_where_nothing_is_said) {
  EXPECT_EQ(parse_recipe("e4m3", OutputType::bf16).promote, 128);
  EXPECT_EQ(parse_recipe("e4m3:64x64", OutputType::bf16).promote, 64);
  EXPECT_EQ(parse_recipe("e4m3:tensor", OutputType::bf16).promote, 0);
  EXPECT_EQ(parse_recipe("bf16", OutputType::bf16).promote, 0);
}

TEST(Recipe, that_makes_no_sense_is_refused_in_words) {
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"e4m4", "did you mean \"e4m3\"?"},
           {"", "the format is one of"},
           {"e4m3:", "there is no \"\""},
           {"e4m3:tensr", "there is no \"tensr\""},
           {"e4m3:scaling=tensr", "did you mean \"tensor\"?"},
           {"e4m3:none", "FP8 needs scales"},
           {"bf16:tensor", "without scales"},
           {"e4m3:1d2d,history", "history goes with tensor"},
           {"e4m3:1d2d,promote=256", "every 128 of K"},
           {"e4m3:1x32,never", "every 32 of K"},
           {"e4m3:tensor,promote=100", "a multiple of 32"},
           {"e4m3:tensor,promote=99999999999999999999", "a multiple of 32"},
           {"e4m3:colour=red", "there is no \"colour\""}})
    EXPECT_NE(complaint(text).find(part), std::string::npos) << text << ": " << complaint(text);
}

TEST(Recipe, without_a_history_leaves_it_out) {
  const auto with = recipe_set("all", OutputType::bf16, true),
             without = recipe_set("all", OutputType::bf16, false);
  EXPECT_EQ(with.size(), without.size() + 2);
  EXPECT_TRUE(std::ranges::none_of(without, [](const Recipe& r) { return r.amax == Amax::history; }));
}

TEST(Recipe, of_every_kernel_leads_back_to_it) {
  for (const operation::Operation* operation : operation::all()) {
    Problem problem;
    problem.kernel = operation->kernel;
    const auto recipe = recipe_of(problem);
    if (!recipe) continue;
    // Groups have the errors of the dense product.
    const bool along_k = operation->groups == operation::Groups::inner;
    EXPECT_EQ(kernel_of(*recipe), operation->groups == operation::Groups::none ? operation->kernel
                                  : along_k                                    ? "dense_1d1d"
                                                                               : "dense_1d2d");
  }
  EXPECT_EQ(kernel_of(parse_recipe("e4m3:1d2d", OutputType::bf16)), "dense_1d2d");
  EXPECT_EQ(kernel_of(parse_recipe("e4m3:1d2d,ue8m0,stochastic", OutputType::bf16)), "dense_1d2d");
  EXPECT_EQ(kernel_of(parse_recipe("e4m3:tensor,history", OutputType::bf16)), "dense_tensor");
  EXPECT_EQ(kernel_of(parse_recipe("bf16", OutputType::bf16)), "dense_bf16");
  for (const char* none : {"e4m3:tensor,promote=128", "e5m2:1d2d", "tf32", "e4m3:1x64", "e4m3:channel"})
    EXPECT_EQ(kernel_of(parse_recipe(none, OutputType::bf16)), "") << none;
  Problem unknown;
  unknown.kernel = "dense_of_tomorrow";
  EXPECT_FALSE(recipe_of(unknown));
}

TEST(Data, is_read_as_it_is_said) {
  for (const MadeData& data : all_made_data()) EXPECT_EQ(parse_data(describe(data)), data) << describe(data);
  EXPECT_EQ(parse_data("outliers:factor=100").factor, 100);
  for (const char* bad :
       {"norml", "outliers:share=2", "outliers:factor", "balanced:factor=nan", "outliers:scale=1",
        "gradient:scale=0", "gradient:scale=1e99", "normal:share=0.5", ""})
    EXPECT_THROW(parse_data(bad), UserError) << bad;
}

struct Moments {
  double mean, deviation, kurtosis, largest;
};

Moments moments(const MadeData& data, Factor factor, std::uint64_t seed = 1) {
  const auto matrix = make_matrix(data, factor, 64, 4096, seed);
  std::vector<float> row(4096);
  double sum = 0, squares = 0, fourths = 0, largest = 0;
  for (std::int64_t i = 0; i < 64; ++i) {
    matrix->read_row(i, 0, row);
    for (const double x : row)
      sum += x, squares += x * x, fourths += x * x * x * x, largest = std::max(largest, std::abs(x));
  }
  const double count = 64 * 4096, variance = squares / count;
  return {sum / count, std::sqrt(variance), fourths / count / variance / variance, largest};
}

TEST(Data, is_distributed_as_it_says) {
  const Moments normal = moments({}, Factor::a);
  EXPECT_NEAR(normal.mean, 0, 0.01);
  EXPECT_NEAR(normal.deviation, 1, 0.01);
  EXPECT_NEAR(normal.kurtosis, 3, 0.1);
  const Moments uniform = moments({.kind = Made::uniform}, Factor::b);
  EXPECT_NEAR(uniform.deviation, std::sqrt(1.0 / 3), 0.005);
  EXPECT_NEAR(uniform.kurtosis, 1.8, 0.02);
  EXPECT_LE(uniform.largest, 1);
  const Moments laplace = moments({.kind = Made::laplace}, Factor::a);
  EXPECT_NEAR(laplace.deviation, std::sqrt(2.0), 0.02);
  EXPECT_NEAR(laplace.kurtosis, 6, 0.5);
  const Moments student = moments({.kind = Made::student_t}, Factor::a);
  EXPECT_NEAR(student.deviation, std::sqrt(2.0), 0.1);
  EXPECT_GT(student.largest, 20) << "heavy tails";
  // E[silu(g)^2] of a normal g, integrated numerically: 0.3557.
  EXPECT_NEAR(moments({.kind = Made::swiglu}, Factor::a).deviation, std::sqrt(0.3557), 0.01);
  // Variance: 1 % of the channels are 900 times as strong.
  EXPECT_NEAR(moments({.kind = Made::outliers}, Factor::a).deviation, std::sqrt(0.99 + 0.01 * 900), 0.1);
  EXPECT_NEAR(moments({.kind = Made::outliers}, Factor::b).deviation, 1, 0.01);
  EXPECT_NEAR(moments({.kind = Made::balanced}, Factor::b).deviation, std::sqrt(0.99), 0.01);
  EXPECT_NEAR(moments({.kind = Made::balanced}, Factor::a).deviation, std::sqrt(0.99 + 0.01 * 900), 0.1);
  EXPECT_LT(moments({.kind = Made::gradient}, Factor::a).deviation, 1e-5);
  EXPECT_NE(moments({}, Factor::a, 2).mean, normal.mean) << "a seed names a data set";
}

TEST(Data, of_student_has_the_quantiles_of_the_tables) {
  const auto matrix = make_matrix({.kind = Made::student_t}, Factor::a, 64, 4096, 1);
  std::vector<float> all, row(4096);
  for (std::int64_t i = 0; i < 64; ++i) {
    matrix->read_row(i, 0, row);
    all.insert(all.end(), row.begin(), row.end());
  }
  std::ranges::sort(all);
  EXPECT_NEAR(all[all.size() * 975 / 1000], 2.776, 0.05);
  EXPECT_NEAR(all[all.size() * 90 / 100], 1.533, 0.02);
  EXPECT_NEAR(all[all.size() / 2], 0, 0.01);
}

TEST(Data, of_earlier_steps_is_other_data_with_the_same_channels) {
  const auto matrix =
      make_matrix({.kind = Made::outliers, .share = 0.25, .factor = 1e6}, Factor::a, 1, 64, 1);
  std::vector<float> now(64), before(64);
  matrix->read_row(0, 0, now);
  matrix->read_row(0, 1, before);
  for (std::size_t i = 0; i < 64; ++i) {
    EXPECT_NE(now[i], before[i]);
    EXPECT_EQ(std::abs(now[i]) > 100, std::abs(before[i]) > 100) << i;
  }
}

TEST(Figures, are_those_of_two_small_vectors) {
  const std::vector<double> found = {1, 2, 5}, wanted = {1, 2, 3}, sums = {1, 2, 8}, none = {0, 0, 0};
  const Figures figures = figures_of(found, wanted, sums);
  EXPECT_DOUBLE_EQ(*figures.relative_rms, std::sqrt(4.0 / 14));
  EXPECT_DOUBLE_EQ(figures.mean_absolute, 2.0 / 3);
  EXPECT_DOUBLE_EQ(*figures.max_over_sum, 0.25);
  EXPECT_DOUBLE_EQ(*figures.cosine, 20 / std::sqrt(14.0 * 30));
  EXPECT_DOUBLE_EQ(*figures.snr_db, 10 * std::log10(14.0 / 4));
  const Figures exact = figures_of(wanted, wanted, sums), of_zeros = figures_of(none, none, none);
  EXPECT_EQ(*exact.relative_rms, 0);
  EXPECT_FALSE(exact.snr_db);
  EXPECT_FALSE(of_zeros.relative_rms);
  EXPECT_FALSE(of_zeros.cosine);
  EXPECT_FALSE(of_zeros.max_over_sum);
}

double error_of(const MadeData& data, const char* recipe) {
  const auto a = make_matrix(data, Factor::a, 256, 1024, 1), b = make_matrix(data, Factor::b, 256, 1024, 1);
  return *assess(*a, *b, std::vector{parse_recipe(recipe, OutputType::fp32)}, {.sample = 96})[0]
              .quantisation.relative_rms;
}

TEST(Order, is_the_classical_one_where_small_values_count_beside_large_ones) {
  // Channels 30000 times as strong leave the rest of their block what lies below 2^-15 of its largest value.
  const MadeData data = {.kind = Made::balanced, .share = 0.004, .factor = 3e4};
  const double tensor = error_of(data, "e4m3:tensor"), channel = error_of(data, "e4m3:channel"),
               by_128 = error_of(data, "e4m3:1x128"), by_64 = error_of(data, "e4m3:1x64");
  EXPECT_GT(tensor, 1.02 * channel);
  EXPECT_GT(channel, 1.2 * by_128);
  EXPECT_GT(by_128, 1.05 * by_64);
}

TEST(Order, is_none_where_a_format_with_exponents_has_room) {
  // Of normal data every scaling leaves 3 fraction bits: within a tenth of each other.
  const double tensor = error_of({}, "e4m3:tensor"), small = error_of({}, "e4m3:1x64");
  EXPECT_NEAR(tensor / small, 1, 0.1);
}

}  // namespace
}  // namespace gemmtune::accuracy
