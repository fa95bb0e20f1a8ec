#include "space/enumerate_all.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace gemmtune::space {
namespace {

std::map<std::string, std::vector<SpaceSpec>> spaces() {
  SpaceSpec space;
  space.kernel = "dense_1d2d";
  space.parameters = {{"block_m", {64, 128}}, {"block_n", {64, 72}}, {"stages", {"max"}}, {"cluster_m", {1}},
                      {"cluster_n", {1, 2}},  {"num_sms", {"all"}},  {"raster", {8}},     {"k_groups", {1}},
                      {"split_k", {1}},       {"evict_first", {1}},  {"swap_ab", {0}}};
  return {{"dense_1d2d", {space}}};
}

std::vector<Problem> problems(int count) {
  std::vector<Problem> all(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    all[static_cast<std::size_t>(i)].m = 1 + 37 * i;
    all[static_cast<std::size_t>(i)].n = 2112;
    all[static_cast<std::size_t>(i)].k = 7168;
  }
  return all;
}

TEST(EnumerateAll, hands_over_each_problem_in_order_on_any_number_of_cores) {
  const auto all = problems(40);
  for (const unsigned cores : {1u, 2u, 7u, 0u}) {
    std::vector<std::size_t> order;
    enumerate_all(
        all, spaces(), hopper_limits(),
        [&](std::size_t i, const Enumeration& found) {
          order.push_back(i);
          const Enumeration alone = enumerate(spaces().at("dense_1d2d"), all[i], hopper_limits());
          EXPECT_EQ(found.candidates, alone.candidates) << i;
          EXPECT_EQ(found.pruned, alone.pruned) << i;
        },
        cores);
    ASSERT_EQ(order.size(), all.size());
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  }
}

TEST(EnumerateAll, passes_on_what_goes_wrong_on_either_side) {
  auto all = problems(40);
  EXPECT_THROW(enumerate_all(
                   all, spaces(), hopper_limits(),
                   [](std::size_t i, const Enumeration&) {
                     if (i == 5) throw std::runtime_error("enough");
                   },
                   3),
               std::runtime_error);
  all[20].kernel = "unknown";
  std::size_t taken = 0;
  EXPECT_ANY_THROW(enumerate_all(
      all, spaces(), hopper_limits(), [&](std::size_t, const Enumeration&) { ++taken; }, 3));
  EXPECT_EQ(taken, 20u);
}

TEST(EnumerateAll, of_no_problem_is_nothing) {
  enumerate_all({}, spaces(), hopper_limits(), [](std::size_t, const Enumeration&) { FAIL(); });
}

}  // namespace
}  // namespace gemmtune::space
