#include "core/counters.h"

#include <gtest/gtest.h>

#include <array>

namespace gemmtune {
namespace {

TEST(CountersMean, is_that_of_each_counter) {
  std::array<Counters, 2> draws;
  draws[0].fp8_ops = 100;
  draws[1].fp8_ops = 300;
  draws[0].tensor_active_percent = 50;
  draws[1].tensor_active_percent = 60;
  const Counters mean = mean_of(draws);
  EXPECT_EQ(mean.fp8_ops, 200);
  EXPECT_EQ(mean.tensor_active_percent, 55);
  EXPECT_EQ(mean.l2_bytes, std::nullopt);
}

TEST(CountersMean, is_unknown_where_one_is) {
  std::array<Counters, 2> draws;
  draws[0].dram_read_bytes = 100;
  EXPECT_EQ(mean_of(draws).dram_read_bytes, std::nullopt);
}

}  // namespace
}  // namespace gemmtune
