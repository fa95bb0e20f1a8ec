// k-groups under stress: a race between them once passed every other test and showed as wrong results of a
// few launches in a thousand. Many launches of shallow rings, each of which must give every bit.
#include "gpu/stress.h"

namespace gemmtune::test {
namespace {

constexpr int kStageMoves = 7;  // of kernels/common/defect.cuh

std::vector<gemm::Operands> integers(int k_blocks) {
  std::vector<gemm::Operands> one;
  one.push_back(Rig::get().operands(problem(192, 1024, k_blocks * 128, DataKind::integer)));
  return one;
}

/// Rings from two stages up, for every number of groups; K is never a multiple of them, so that tiles begin
/// at every stage.
std::vector<Config> shallow_rings(const Problem& p, int num_sms) {
  std::vector<Config> list;
  const auto add = [&](int block_m, int k_groups, int stages) {
    list.push_back(config(p, block_m, 64, 1, 1, num_sms, 8, stages, k_groups));
  };
  for (const int stages : {2, 3}) add(64, 1, stages);
  for (const int stages : {2, 4, 6}) add(64, 2, stages);
  for (const int stages : {4, 8}) add(64, 4, stages);
  add(128, 2, 4);
  return list;
}

// 96 combinations, each of two launches and kRepeats: 768.
TEST(KGroups, give_every_bit_in_hundreds_of_launches_of_shallow_rings) {
  for (const int k_blocks : {5, 7, 11, 13}) {
    const auto operands = integers(k_blocks);
    const Problem& p = operands[0].problem;
    for (const int num_sms : {1, 7, 32})
      for (const Config& c : shallow_rings(p, num_sms))
        EXPECT_EQ(first_wrong_launch(operands, c), "") << describe(p) << " " << describe(c);
  }
}

std::string first_wrong_with_moving_stages(int k_groups, int stages) {
  const auto operands = integers(7);
  for (const int num_sms : {7, 1, 32}) {
    const Config c = config(operands[0].problem, 64, 64, 1, 1, num_sms, 8, stages, k_groups);
    const std::string found = first_wrong_launch(operands, c, kStageMoves);
    if (!found.empty()) return found;
  }
  return "";
}

/// Where the tile before ended on an odd stage, a group comes to a stage whose load for the other group has
/// not arrived, and takes the phase before for its own.
TEST(KGroupsDeathTest, a_stage_that_changes_hands_is_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string caught = "differ|not numbers|misaligned|launch failure";
  EXPECT_EXIT(report_and_exit([] { return first_wrong_with_moving_stages(2, 2); }),
              testing::ExitedWithCode(0), caught);
  EXPECT_EXIT(report_and_exit([] { return first_wrong_with_moving_stages(4, 4); }),
              testing::ExitedWithCode(0), caught);
}

}  // namespace
}  // namespace gemmtune::test
