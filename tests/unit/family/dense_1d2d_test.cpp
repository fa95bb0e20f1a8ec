#include "family/dense_1d2d.h"

#include "util/error.h"

#include <gtest/gtest.h>

#include <set>

namespace gemmtune::family {
namespace {

Problem problem(std::int64_t m, std::int64_t n, std::int64_t k) {
  Problem p;
  p.m = m, p.n = n, p.k = k;
  return p;
}

const Problem kSquare = problem(4096, 4096, 4096);
const Config kLegal = {{"block_m", 128}, {"block_n", 128}, {"cluster_m", 1},
                       {"cluster_n", 1}, {"k_groups", 1},  {"split_k", 1},
                       {"stages", 4},    {"num_sms", 132}, {"raster", 8}};

Config with(std::initializer_list<std::pair<const std::string, std::int64_t>> changes) {
  Config config = kLegal;
  for (const auto& [name, value] : changes) config[name] = value;
  return config;
}

/// The name of the constraint it breaks, or "legal".
std::string broken(const Config& config, const Problem& p = kSquare) {
  const auto violation = dense_1d2d().illegal(config, p, hopper_limits());
  if (!violation) return "legal";
  EXPECT_FALSE(violation->sentence.empty()) << violation->constraint;
  return std::string(violation->constraint);
}

std::string unsupported(const Problem& p) {
  const auto violation = dense_1d2d().unsupported(p);
  return violation ? std::string(violation->constraint) : "supported";
}

std::optional<std::int64_t> resolve(const std::string& parameter, const std::string& word, Config config,
                                    const Problem& p = kSquare) {
  config.erase(parameter);
  return dense_1d2d().resolve(parameter, word, config, p, hopper_limits());
}

TEST(Dense1d2d, each_constraint_forbids_what_it_names) {
  EXPECT_EQ(broken(kLegal), "legal");
  EXPECT_EQ(broken(with({{"block_m", 96}})), "block_m_value");
  EXPECT_EQ(broken(with({{"block_m", 320}})), "block_m_value");
  EXPECT_EQ(broken(with({{"block_m", 192}})), "legal");
  EXPECT_EQ(broken(with({{"k_groups", 0}})), "math_warpgroups");
  EXPECT_EQ(broken(with({{"k_groups", 3}})), "math_warpgroups");
  EXPECT_EQ(broken(with({{"k_groups", 2}})), "registers");
  EXPECT_EQ(broken(with({{"k_groups", 2}, {"block_n", 96}})), "legal");
  EXPECT_EQ(broken(with({{"block_n", 12}})), "block_n_value");
  EXPECT_EQ(broken(with({{"block_n", 8}})), "block_n_value");
  EXPECT_EQ(broken(with({{"block_n", 264}})), "block_n_value");
  EXPECT_EQ(broken(with({{"block_m", 256}, {"block_n", 192}})), "registers");
  EXPECT_EQ(broken(with({{"block_n", 152}})), "scale_columns");
  EXPECT_EQ(broken(with({{"cluster_m", 2}, {"cluster_n", 2}})), "cluster_of_two");
  EXPECT_EQ(broken(with({{"cluster_m", 0}})), "cluster_of_two");
  EXPECT_EQ(broken(with({{"cluster_m", 2}, {"block_n", 72}})), "multicast_half");
  EXPECT_EQ(broken(with({{"stages", 1}})), "stages_value");
  EXPECT_EQ(broken(with({{"stages", 33}})), "stages_value");
  EXPECT_EQ(broken(with({{"stages", 12}})), "shared_memory");
  EXPECT_EQ(broken(with({{"num_sms", 0}})), "num_sms_value");
  EXPECT_EQ(broken(with({{"num_sms", 133}})), "num_sms_value");
  EXPECT_EQ(broken(with({{"num_sms", 131}, {"cluster_n", 2}})), "num_sms_value");
  EXPECT_EQ(broken(with({{"raster", 6}})), "raster_value");
  EXPECT_EQ(broken(with({{"raster", 128}})), "raster_value");
}

TEST(Dense1d2d, each_constraint_of_configuration_and_problem_together_forbids_what_it_names) {
  EXPECT_EQ(broken(kLegal, problem(64, 32768, 512)), "rows_used");
  EXPECT_EQ(broken(kLegal, problem(65, 32768, 512)), "legal");
  EXPECT_EQ(broken(with({{"k_groups", 2}, {"block_n", 64}}), problem(4096, 32768, 128)), "k_blocks_used");
  EXPECT_EQ(broken(with({{"cluster_m", 2}}), problem(128, 32768, 512)), "cluster_rows");
  EXPECT_EQ(broken(with({{"cluster_n", 2}}), problem(32768, 128, 512)), "cluster_columns");
  EXPECT_EQ(broken(kLegal, problem(1024, 1024, 512)), "idle_sms");
  EXPECT_EQ(broken(with({{"raster", 16}}), problem(1024, 4096, 512)), "raster_repeats");
  EXPECT_EQ(broken(with({{"raster", 16}}), problem(1152, 4096, 512)), "legal");
}

TEST(Dense1d2d, a_configuration_has_exactly_the_kernels_parameters) {
  Config missing = kLegal;
  missing.erase("raster");
  EXPECT_EQ(broken(missing), "parameters");
  EXPECT_EQ(broken(with({{"split_m", 2}})), "parameters");
  EXPECT_EQ(broken(with({{"raster", -8}})), "parameters");
  EXPECT_EQ(broken(with({{"raster", 1'000'001}})), "parameters");
}

TEST(Dense1d2d, says_which_problems_it_cannot_compute) {
  EXPECT_EQ(unsupported(kSquare), "supported");
  EXPECT_EQ(unsupported(problem(1, 8, 128)), "supported");
  EXPECT_EQ(unsupported(problem(0, 8, 128)), "problem_size");
  EXPECT_EQ(unsupported(problem(1, 8, std::int64_t{1} << 31)), "problem_size");
  EXPECT_EQ(unsupported(problem(1, 8, 2880)), "k_multiple_128");
  EXPECT_EQ(unsupported(problem(1, 12, 128)), "n_multiple_8");
  Problem fp32 = kSquare;
  fp32.out = OutputType::fp32;
  EXPECT_EQ(unsupported(fp32), "output_bf16");
  Problem accumulate = kSquare;
  accumulate.accumulate = true;
  EXPECT_EQ(unsupported(accumulate), "no_accumulate");
  EXPECT_EQ(broken(kLegal, accumulate), "no_accumulate");
}

TEST(Dense1d2d, max_stages_is_the_most_that_fit) {
  const auto stages = resolve("stages", "max", kLegal);
  ASSERT_TRUE(stages);
  EXPECT_EQ(broken(with({{"stages", *stages}})), "legal");
  EXPECT_EQ(broken(with({{"stages", *stages + 1}})), "shared_memory");
}

TEST(Dense1d2d, words_for_num_sms_are_whole_clusters_and_no_more_than_there_are_tiles) {
  EXPECT_EQ(resolve("num_sms", "all", kLegal), 132);
  EXPECT_EQ(resolve("num_sms", "all", kLegal, problem(128, 1024, 512)), 8);
  EXPECT_EQ(resolve("num_sms", "all", with({{"cluster_n", 2}}), problem(128, 1152, 512)), 10);
  // 1024 tiles take 8 waves of 132; 128 CTAs are the fewest that take no more.
  EXPECT_EQ(resolve("num_sms", "minimal", kLegal), 128);
}

TEST(Dense1d2d, words_have_no_value_where_other_parameters_are_absurd) {
  EXPECT_EQ(resolve("num_sms", "minimal", with({{"cluster_m", 200}})), std::nullopt);
  EXPECT_EQ(resolve("num_sms", "all", with({{"cluster_m", 65536}, {"cluster_n", 65536}})), std::nullopt);
  EXPECT_EQ(resolve("stages", "max", with({{"block_m", 0}})), std::nullopt);
  EXPECT_EQ(broken(with({{"cluster_m", 65536}, {"cluster_n", 65536}})), "cluster_of_two");
  EXPECT_EQ(resolve("stages", "all", kLegal), std::nullopt);
}

TEST(Dense1d2d, launch_arguments_are_not_compiled) {
  const Config compiled = dense_1d2d().compiled(kLegal);
  EXPECT_EQ(describe(compiled),
            "block_m=128,block_n=128,cluster_m=1,cluster_n=1,k_groups=1,split_k=1,stages=4");
}

TEST(Dense1d2d, k_groups_add_warpgroups_and_room_for_their_sums_and_share_out_whole_stages) {
  const Config two = with({{"block_m", 64}, {"block_n", 64}, {"k_groups", 2}});
  const Config one = with({{"block_m", 64}, {"block_n", 64}});
  EXPECT_EQ(dense_1d2d().launch_shape(two, kSquare).threads, 384u);
  EXPECT_EQ(dense_1d2d().launch_shape(two, kSquare).smem_bytes,
            dense_1d2d().launch_shape(one, kSquare).smem_bytes + 64 * 64 * 4);
  EXPECT_EQ(broken(with({{"block_n", 64}, {"k_groups", 2}, {"stages", 3}})), "stages_value");
  EXPECT_EQ(resolve("stages", "max", two).value() % 2, 0);
}

TEST(Dense1d2d, launches_a_producer_and_one_or_two_math_warpgroups) {
  EXPECT_EQ(dense_1d2d().launch_shape(kLegal, kSquare).threads, 384u);
  EXPECT_EQ(dense_1d2d().launch_shape(with({{"block_m", 64}}), kSquare).threads, 256u);
  const LaunchShape pair = dense_1d2d().launch_shape(with({{"cluster_n", 2}}), kSquare);
  EXPECT_EQ(pair.cluster, 2u);
  EXPECT_EQ(pair.grid, 132u);
  EXPECT_LE(pair.smem_bytes, hopper_limits().smem_bytes);
}

TEST(Dense1d2d, counts_useful_work_and_compulsory_bytes) {
  const Problem p = problem(3, 136, 256);
  EXPECT_EQ(dense_1d2d().flops(p), 2 * 3 * 136 * 256);
  // A and B; scales of A, rows padded to 4, two blocks of K; scales of B, two blocks of N by two of K; D in
  // BF16.
  EXPECT_EQ(dense_1d2d().bytes(p), 3 * 256 + 136 * 256 + 4 * 4 * 2 + 4 * 2 * 2 + 2 * 3 * 136);
}

TEST(Families, each_is_found_by_its_name_and_an_unknown_one_suggested) {
  std::set<std::string_view> kernels;
  for (const Family* family : all()) {
    EXPECT_EQ(find(family->kernel()), family);
    EXPECT_TRUE(kernels.insert(family->kernel()).second);
  }
  EXPECT_EQ(find("no_such"), nullptr);
  try {
    require("dense_1d2e");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"dense_1d2d\"?"), std::string::npos);
  }
}

}  // namespace
}  // namespace gemmtune::family
