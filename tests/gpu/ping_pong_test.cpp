// Warpgroups that take tiles in turn (`ping_pong`): rings of few stages, long and short tiles, many launches.
// That every kind of data comes out right is in unscaled_test.cpp.
#include "gpu/stress.h"

namespace gemmtune::test {
namespace {

constexpr int kTurnNotAwaited = 24;  // of kernels/common/defect.cuh

std::vector<gemm::Operands> integers(const char* kernel, std::int64_t m, std::int64_t k) {
  Problem p = problem(m, 1024, k, DataKind::integer);
  p.kernel = kernel;
  std::vector<gemm::Operands> one;
  one.push_back(Rig::get().operands(p));
  return one;
}

Config in_turn(const Problem& p, int block_m, int block_n, int cluster_m, int num_sms, int stages,
               int store_buffers) {
  Config c = config(p, block_m, block_n, cluster_m, 1, num_sms, 8, 2);
  c["stages"] = stages;
  c["ping_pong"] = 1;
  if (store_buffers != 0) c["store_buffers"] = store_buffers;
  const auto violation = family::require(p.kernel).illegal(c, p, hopper_limits());
  EXPECT_FALSE(violation) << describe(c) << ": " << (violation ? violation->sentence() : "");
  return c;
}

/// One k-block a tile and many; M that ends within a tile, beside which a CTA of a cluster passes one.
TEST(PingPong, gives_every_bit_in_hundreds_of_launches) {
  for (const char* kernel : {"dense_bf16", "dense_tensor"})
    for (const int k : {64, 320, 1216})
      for (const int m : {320, 700}) {
        const auto operands = integers(kernel, m, k);
        const Problem& p = operands[0].problem;
        for (const int num_sms : {2, 6, 32})
          for (const int stages : {2, 3, 5})
            for (const Config& c :
                 {in_turn(p, 128, 64, 1, num_sms, stages, 0), in_turn(p, 128, 96, 2, num_sms, stages, 2),
                  in_turn(p, 64, 128, 1, num_sms, stages, 3)})
              EXPECT_EQ(first_wrong_launch(operands, c), "") << describe(p) << " " << describe(c);
      }
}

/// A warpgroup that begins with its tile at once takes the load of an earlier phase for its own.
TEST(PingPongDeathTest, a_turn_that_is_not_awaited_is_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(report_and_exit([] {
                const auto operands = integers("dense_bf16", 700, 1216);
                return first_wrong_launch(operands, in_turn(operands[0].problem, 128, 64, 1, 6, 3, 0),
                                          kTurnNotAwaited);
              }),
              testing::ExitedWithCode(0), "differ|not numbers|misaligned|launch failure|illegal instruction");
}

}  // namespace
}  // namespace gemmtune::test
