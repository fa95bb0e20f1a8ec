// Device code on the host: what the kinds of data hold.
#include "core/names.h"
#include "fakes/device/arithmetic.h"
#include "fakes/device/device.h"

static_assert(sizeof(float4) == 16, "what stands in for CUDA comes first");
#include "support/values.cuh"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace {

constexpr unsigned kColumns = 100'000;

struct Moments {
  double mean = 0, square = 0, zeros = 0, smallest = 0, largest = 0;
};

Moments moments(DataKind kind, unsigned matrix, unsigned row) {
  Moments all;
  for (unsigned column = 0; column < kColumns; ++column) {
    const double value = operand_value(kind, 1, matrix, row, column);
    all.mean += value / kColumns;
    all.square += value * value / kColumns;
    all.zeros += value == 0 ? 1.0 / kColumns : 0;
    all.smallest = std::min(all.smallest, value);
    all.largest = std::max(all.largest, value);
  }
  return all;
}

TEST(Values, have_the_numbers_of_the_tool) {
  EXPECT_EQ(static_cast<int>(kZeros), static_cast<int>(gemmtune::DataKind::zeros));
  EXPECT_EQ(static_cast<int>(kOneScale), static_cast<int>(gemmtune::DataKind::one_scale));
  EXPECT_EQ(static_cast<int>(kUniform), static_cast<int>(gemmtune::DataKind::uniform));
  EXPECT_EQ(static_cast<int>(kSparse), static_cast<int>(gemmtune::DataKind::sparse));
}

/// Means within five deviations of their mean.
TEST(Values, have_the_moments_of_their_kind) {
  for (const unsigned matrix : {0u, 1u})
    for (const unsigned row : {0u, 5u}) {
      const Moments normal = moments(kNormal, matrix, row);
      EXPECT_NEAR(normal.mean, 0, 0.016);
      EXPECT_NEAR(normal.square, 1, 0.023);
      const Moments uniform = moments(kUniform, matrix, row);
      EXPECT_NEAR(uniform.mean, 0, 0.01);
      EXPECT_NEAR(uniform.square, 1.0 / 3, 0.005);
      EXPECT_GE(uniform.smallest, -1);
      EXPECT_LT(uniform.largest, 1);
      EXPECT_LT(uniform.smallest, -0.999);
      EXPECT_GT(uniform.largest, 0.999);
      const Moments sparse = moments(kSparse, matrix, row);
      EXPECT_NEAR(sparse.zeros, 0.9, 0.005);
      EXPECT_NEAR(sparse.mean, 0, 0.006);
      EXPECT_NEAR(sparse.square, 0.1, 0.009) << "those that are not 0 are normal";
    }
}

/// Whether an element is 0 says nothing of the next, nor of that below.
TEST(Values, zeros_of_sparse_data_lie_anywhere) {
  double pairs = 0, below = 0;
  for (unsigned column = 0; column < kColumns; ++column) {
    const auto there = [&](unsigned row, unsigned at) {
      return operand_value(kSparse, 1, 0, row, at) != 0 ? 1.0 : 0;
    };
    pairs += there(0, column) * there(0, column + 1) / kColumns;
    below += there(0, column) * there(1, column) / kColumns;
  }
  EXPECT_NEAR(pairs, 0.01, 0.002);
  EXPECT_NEAR(below, 0.01, 0.002);
}

}  // namespace
