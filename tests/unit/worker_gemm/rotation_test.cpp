#include "worker/gemm/rotation.h"

#include <gtest/gtest.h>

namespace gemmtune::gemm {
namespace {

constexpr std::int64_t kL2Bytes = 50 << 20;

TEST(CopiesToRotate, exceed_the_cache_three_times_between_two_uses_of_one) {
  for (const std::int64_t set_bytes :
       {1'000LL, 700'001LL, 15'728'640LL, 37'700'000LL, 157'286'400LL, 900'000'000LL}) {
    const std::int64_t others = copies_to_rotate(set_bytes, kL2Bytes) - 1;
    EXPECT_GT(others * set_bytes, 3 * kL2Bytes) << set_bytes;
    EXPECT_LE((others - 1) * set_bytes, 3 * kL2Bytes) << set_bytes << ": more than needed";
  }
}

TEST(CopiesToRotate, are_two_at_least) {
  EXPECT_EQ(copies_to_rotate(10 * kL2Bytes, kL2Bytes), 2);
}

}  // namespace
}  // namespace gemmtune::gemm
