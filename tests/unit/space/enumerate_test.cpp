#include "space/enumerate.h"

#include "family/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace gemmtune::space {
namespace {

Problem problem(std::int64_t m, std::int64_t n, std::int64_t k) {
  Problem p;
  p.m = m, p.n = n, p.k = k;
  return p;
}

/// One small legal point; tests widen it.
SpaceSpec spec() {
  SpaceSpec space;
  space.kernel = "dense_1d2d";
  space.parameters = {{"block_m", {64}},  {"block_n", {64}},         {"stages", {4}}, {"cluster_m", {1}},
                      {"cluster_n", {1}}, {"num_sms", {"all"}},      {"raster", {8}}, {"k_groups", {1}},
                      {"split_k", {1}},   {"evict_first", {"once"}}, {"swap_ab", {0}}};
  return space;
}

SpaceSpec with(const std::string& name, std::vector<ParameterValue> values) {
  SpaceSpec space = spec();
  space.parameters[name] = std::move(values);
  return space;
}

std::vector<std::int64_t> values_of(const Enumeration& enumeration, const std::string& name) {
  std::vector<std::int64_t> values;
  for (const Config& config : enumeration.candidates) values.push_back(config.at(name));
  return values;
}

TEST(Enumerate, makes_words_into_numbers_of_the_problem_and_the_device) {
  const auto found = enumerate(spec(), problem(512, 4096, 7168), hopper_limits());
  ASSERT_EQ(found.candidates.size(), 1u);
  EXPECT_EQ(
      describe(found.candidates[0]),
      "block_m=64,block_n=64,cluster_m=1,cluster_n=1,evict_first=0,k_groups=1,num_sms=132,raster=8,split_k=1,"
      "stages=4,swap_ab=0");
  EXPECT_TRUE(found.pruned.empty());
}

TEST(Enumerate, a_word_sees_the_parameters_before_its_own) {
  SpaceSpec space = with("block_n", {64, 128});
  space.parameters["stages"] = {"max"};
  const auto found = enumerate(space, problem(512, 4096, 7168), hopper_limits());
  ASSERT_EQ(found.candidates.size(), 2u);
  EXPECT_GT(found.candidates[0].at("stages"), found.candidates[1].at("stages"))
      << "narrower tiles, more stages";
}

TEST(Enumerate, equal_configurations_count_once_and_are_not_pruned) {
  // 64 tiles: all of 132 SMs is 64 CTAs, the fewest that keep one wave is 64 too.
  const auto found =
      enumerate(with("num_sms", {"all", "minimal", 64}), problem(64, 4096, 7168), hopper_limits());
  EXPECT_EQ(values_of(found, "num_sms"), (std::vector<std::int64_t>{64}));
  EXPECT_EQ(found.pruned_total(), 0);
}

TEST(Enumerate, what_an_earlier_space_has_does_not_count_again) {
  const auto found = enumerate({with("block_n", {64, 72, 20}), with("block_n", {20, 64, 80})},
                               problem(512, 4096, 7168), hopper_limits());
  EXPECT_EQ(values_of(found, "block_n"), (std::vector<std::int64_t>{64, 72, 80}));
  EXPECT_EQ(found.pruned, (std::map<std::string, std::int64_t>{{"wgmma_columns", 1}}));
}

TEST(Enumerate, counts_what_is_illegal_by_constraint_with_an_example) {
  const auto found = enumerate(with("block_n", {12, 64, 20}), problem(512, 4096, 7168), hopper_limits());
  EXPECT_EQ(found.pruned, (std::map<std::string, std::int64_t>{{"wgmma_columns", 2}}));
  EXPECT_EQ(found.pruned_total(), 2);
  EXPECT_EQ(found.examples.at("wgmma_columns").config.at("block_n"), 12) << "the first one";
  EXPECT_NE(found.examples.at("wgmma_columns").sentence.find("12"), std::string::npos);
}

TEST(Enumerate, a_word_that_stands_for_no_number_is_illegal) {
  DeviceLimits small = hopper_limits();
  small.smem_bytes = 32 * 1024;
  const auto found = enumerate(with("stages", {"max"}), problem(512, 4096, 7168), small);
  EXPECT_TRUE(found.candidates.empty());
  EXPECT_EQ(found.pruned, (std::map<std::string, std::int64_t>{{"stages_value", 1}}));
}

TEST(Enumerate, a_problem_that_the_kernel_cannot_compute_has_a_reason_instead) {
  const auto found = enumerate(spec(), problem(512, 4096, 100), hopper_limits());
  EXPECT_TRUE(found.candidates.empty());
  EXPECT_TRUE(found.pruned.empty());
  ASSERT_TRUE(found.unsupported);
  EXPECT_EQ(found.unsupported->constraint, "k_multiple_128");
}

TEST(Enumerate, goes_through_parameters_in_the_order_of_the_family_last_fastest) {
  SpaceSpec space = with("block_n", {128, 64});
  space.parameters["raster"] = {8, 4};
  const auto found = enumerate(space, problem(4096, 4096, 7168), hopper_limits());
  EXPECT_EQ(values_of(found, "block_n"), (std::vector<std::int64_t>{128, 128, 64, 64}));
  EXPECT_EQ(values_of(found, "raster"), (std::vector<std::int64_t>{8, 4, 8, 4}));
}

TEST(Enumerate, candidates_that_differ_in_launch_arguments_share_a_cubin) {
  SpaceSpec space = with("block_n", {128, 64});
  space.parameters["raster"] = {8, 4};
  const auto found = enumerate(space, problem(4096, 4096, 7168), hopper_limits());
  const auto cubins = found.cubins(family::dense_1d2d(), problem(4096, 4096, 7168));
  ASSERT_EQ(cubins.size(), 2u);
  EXPECT_FALSE(cubins[0].contains("raster"));
  EXPECT_EQ(found.built_as, (std::vector<std::size_t>{0, 0, 2, 2}));
}

TEST(Enumerate, every_candidate_is_legal_and_different) {
  SpaceSpec space = spec();
  space.parameters["block_m"] = {64, 128, 256};
  space.parameters["block_n"] = {16, 56, 64, 112, 152, 192};
  space.parameters["cluster_m"] = space.parameters["cluster_n"] = {1, 2};
  space.parameters["stages"] = {"max"};
  const Problem p = problem(513, 2112, 7168);
  const auto found = enumerate(space, p, hopper_limits());
  EXPECT_GT(found.candidates.size(), 10u);
  EXPECT_GT(found.pruned_total(), 10);
  EXPECT_EQ(std::set<Config>(found.candidates.begin(), found.candidates.end()).size(),
            found.candidates.size());
  EXPECT_EQ(std::int64_t(found.candidates.size()) + found.pruned_total(), 3 * 6 * 2 * 2)
      << "one word per parameter: nothing is equal";
  for (const Config& config : found.candidates)
    EXPECT_FALSE(family::dense_1d2d().illegal(config, p, hopper_limits())) << describe(config);
}

}  // namespace
}  // namespace gemmtune::space
