#include "tune/candidate.h"

#include <gtest/gtest.h>

namespace gemmtune::tune {
namespace {

TEST(Candidate, gives_its_configuration_back) {
  const Config one = {{"block_m", 64}, {"block_n", 112}}, other = {{"answer", 3}};
  const Candidate first(one, 7), second(other, 8), third(one, 9), none(Config{}, 0);
  EXPECT_EQ(first.config(), one);
  EXPECT_EQ(second.config(), other);
  EXPECT_EQ(third.config(), one);
  EXPECT_EQ(third.cubin, 9u);
  EXPECT_TRUE(none.config().empty());
}

}  // namespace
}  // namespace gemmtune::tune
