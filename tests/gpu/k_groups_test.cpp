// k-groups under stress: a race between them once passed every other test and showed as wrong results of a
// few launches in a thousand. Many launches of shallow rings, each of which must give every bit.
#include "gpu/rig.h"
#include "worker/gpu/check.h"

#include <unistd.h>

namespace gemmtune::test {
namespace {

constexpr int kStageMoves = 7;  // of kernels/common/defect.cuh

/// Besides the two launches of a verdict. 96 combinations of this many and two make 768 launches.
constexpr int kRepeats = 6;

/// Launches again and again, every other time with a cold L2, which makes some loads late. The first that
/// does not give every bit of the exact result is described; "" when all do.
std::string first_wrong_launch(const gemm::Operands& operands, const Config& c, int defect) {
  Rig& rig = Rig::get();
  const Problem& p = operands.problem;
  const std::string found = rig.verdict(operands, c, defect).defect;
  if (!found.empty()) return found;
  const gpu::DeviceBuffer count(sizeof(std::uint32_t)), evictor(std::size_t{128} << 20);
  cudaStream_t stream = rig.stream().get();
  gpu::check(cudaMemsetAsync(count.data(), 0, count.bytes(), stream), "cudaMemsetAsync(count)");
  const auto launch = gemm::dense_1d2d_launch(rig.kernel(c, defect), c, operands.sets());
  for (int i = 0; i < kRepeats; ++i) {
    operands.output[1].poison(stream);
    if (i % 2 == 0)
      gpu::check(cudaMemsetAsync(evictor.data(), i, evictor.bytes(), stream), "cudaMemsetAsync(evictor)");
    launch(stream, 1);
    rig.support().count_unequal(count.as<std::uint32_t>(), operands.output[0].d(), operands.output[1].d(),
                                p.m * p.n * 2, stream);
  }
  std::uint32_t unequal = 0;
  gpu::check(cudaMemcpyAsync(&unequal, count.data(), sizeof unequal, cudaMemcpyDeviceToHost, stream),
             "cudaMemcpyAsync(count)");
  rig.stream().synchronise();
  return unequal == 0 ? "" : std::to_string(unequal) + " units of 16 bytes differ in a later launch";
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

TEST(KGroups, give_every_bit_in_hundreds_of_launches_of_shallow_rings) {
  for (const int k_blocks : {5, 7, 11, 13}) {
    const Problem p = problem(192, 1024, k_blocks * 128, DataKind::integer);
    const gemm::Operands operands = Rig::get().operands(p);
    for (const int num_sms : {1, 7, 32})
      for (const Config& c : shallow_rings(p, num_sms))
        EXPECT_EQ(first_wrong_launch(operands, c, 0), "") << describe(p) << " " << describe(c);
  }
}

/// Judges in a process that may lose its CUDA context; prints what was wrong, exits 0 if something was.
[[noreturn]] void stress_and_exit(int k_groups, int stages) {
  std::string found;
  try {
    const Problem p = problem(192, 1024, 7 * 128, DataKind::integer);
    const gemm::Operands operands = Rig::get().operands(p);
    for (const int num_sms : {7, 1, 32}) {
      found =
          first_wrong_launch(operands, config(p, 64, 64, 1, 1, num_sms, 8, stages, k_groups), kStageMoves);
      if (!found.empty()) break;
    }
  } catch (const std::exception& error) {
    found = error.what();
  }
  std::fprintf(stderr, "%s\n", found.c_str());
  _exit(found.empty() ? 1 : 0);
}

/// Where the tile before ended on an odd stage, a group comes to a stage whose load for the other group has
/// not arrived, and takes the phase before for its own.
TEST(KGroupsDeathTest, a_stage_that_changes_hands_is_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string caught = "differ|not numbers|misaligned|launch failure";
  EXPECT_EXIT(stress_and_exit(2, 2), testing::ExitedWithCode(0), caught);
  EXPECT_EXIT(stress_and_exit(4, 4), testing::ExitedWithCode(0), caught);
}

}  // namespace
}  // namespace gemmtune::test
