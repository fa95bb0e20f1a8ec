#include "model/traffic.h"

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

TEST(L2Bytes, are_not_known_of_other_kernels_and_other_configurations) {
  Problem other = problem();
  other.kernel = "no_such";
  EXPECT_FALSE(l2_bytes(other, {{"block_m", 128}, {"block_n", 128}}));
  EXPECT_FALSE(l2_bytes(problem(), {{"answer", 3}}));
}

}  // namespace
}  // namespace gemmtune::model
