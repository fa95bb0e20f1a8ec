#include "model/traffic.h"

#include "core/groups.h"
#include "model/footprint.h"

#include <gtest/gtest.h>

namespace gemmtune::model {
namespace {

Problem problem() {
  Problem p;
  p.m = 256;
  p.n = 512;
  p.k = 1024;
  return p;
}

TEST(L2Bytes, count_each_tiles_operands_and_the_output_once) {
  const Config tiles = {{"block_m", 128}, {"block_n", 128}, {"cluster_m", 1}, {"cluster_n", 1}};
  // A once a column of tiles, B once a row of them.
  EXPECT_EQ(l2_bytes(problem(), tiles), 4 * 256 * 1024 + 2 * 512 * 1024 + 2 * 256 * 512);
}

TEST(L2Bytes, are_shared_by_multicast) {
  Config tiles = {{"block_m", 128}, {"block_n", 128}, {"cluster_m", 2}, {"cluster_n", 1}};
  EXPECT_EQ(l2_bytes(problem(), tiles), 4 * 256 * 1024 + 512 * 1024 + 2 * 256 * 512);
  tiles["cluster_m"] = 1;
  tiles["cluster_n"] = 2;
  EXPECT_EQ(l2_bytes(problem(), tiles), 2 * 256 * 1024 + 2 * 512 * 1024 + 2 * 256 * 512);
}

/// Of groups along K: what their products have one by one.
TEST(L2Bytes, of_groups_along_k_are_the_sum_of_their_products) {
  const Config tiles = {{"block_m", 128}, {"block_n", 128}, {"cluster_m", 1}, {"cluster_n", 2}};
  Problem groups = problem();
  groups.kernel = "k_grouped_1d1d", groups.out = OutputType::fp32, groups.accumulate = true;
  Problem one = groups;
  one.kernel = "dense_1d1d";
  groups.groups = 3, groups.group_sizes = {256, 0, 1024};
  set_size_from_groups(groups);
  std::int64_t sum = 0;
  for (const std::int64_t k : {256, 1024}) {
    one.k = k;
    sum += l2_bytes(one, tiles).value();
  }
  EXPECT_EQ(l2_bytes(groups, tiles), sum);
  EXPECT_GE(device_bytes(groups), 3 * 256 * 512 * (8 + 4)) << "a reference and a D of each";
  const std::int64_t without_gaps = device_bytes(groups);
  groups.d_pitch = 512 + 64;
  EXPECT_EQ(device_bytes(groups) - without_gaps, 3 * 256 * 64 * 4) << "gaps in each D";
}

TEST(L2Bytes, are_not_known_of_other_kernels_and_other_configurations) {
  Problem other = problem();
  other.kernel = "no_such";
  EXPECT_FALSE(l2_bytes(other, {{"block_m", 128}, {"block_n", 128}}));
  EXPECT_FALSE(l2_bytes(problem(), {{"answer", 3}}));
}

}  // namespace
}  // namespace gemmtune::model
