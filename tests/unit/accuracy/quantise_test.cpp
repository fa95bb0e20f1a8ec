// Scales and elements of a matrix, as the kernels' operands have them.
#include "accuracy/quantise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <set>

namespace gemmtune::accuracy {
namespace {

/// Any function of row and column.
class Given : public Matrix {
 public:
  using Value = std::function<float(std::int64_t row, std::int64_t column)>;
  Given(std::int64_t rows, std::int64_t k, Value value) : rows_(rows), k_(k), value_(std::move(value)) {}
  std::int64_t rows() const override { return rows_; }
  std::int64_t k() const override { return k_; }
  void read_row(std::int64_t row, int, std::span<float> into) const override {
    for (std::int64_t column = 0; column < k_; ++column)
      into[static_cast<std::size_t>(column)] = value_(row, column);
  }

 private:
  std::int64_t rows_, k_;
  Value value_;
};

Quantised quantised(const Matrix& matrix, Factor factor, const std::string& recipe,
                    std::int64_t sample = 1024) {
  const Sample taken = take_sample(matrix, sample, 1);
  return quantise(taken, factor, parse_recipe(recipe, OutputType::bf16), whole_amax(matrix, false, 1), 1, 1);
}

TEST(Scale, is_that_of_the_kernels) {
  // fmaxf(amax, 1e-4f) / 448, kernels/support/values.cuh.
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::fp32, 448), 1);
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::fp32, 3), 3.0F / 448);
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::fp32, 0), 1e-4F / 448) << "amax below the clamp";
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::fp32, 1e-5F), 1e-4F / 448);
  EXPECT_EQ(scale_of(Element::e5m2, ScaleType::fp32, 57344), 1);
  // Powers of two, rounded up.
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::ue8m0, 448), 1);
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::ue8m0, 449), 2);
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::ue8m0, 1), 0x1p-8F);
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::ue8m0, 0), 0x1p-22F);
}

TEST(Scale, of_mx_is_by_exponents_and_may_saturate) {
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::mx, 256), 1);
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::mx, 511), 1);
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::mx, 512), 2);
  EXPECT_EQ(scale_of(Element::e4m3, ScaleType::mx, 0), 0x1p-126F);
  const Given matrix(1, 32, [](auto, auto column) { return column == 3 ? 511.0F : 1.0F; });
  const Quantised q = quantised(matrix, Factor::a, "e4m3:1x32,mx");
  EXPECT_EQ(q.elements[3], 448);
  EXPECT_EQ(q.saturated, 1);
}

/// How many scales one large element changes, of a matrix of ones, 256x256.
std::size_t reached(const std::string& recipe, Factor factor) {
  const Given ones(256, 256, [](auto, auto) { return 1.0F; });
  const Given large(256, 256, [](auto row, auto column) { return row == 70 && column == 130 ? 8.0F : 1.0F; });
  const Quantised before = quantised(ones, factor, recipe), after = quantised(large, factor, recipe);
  std::size_t elements = 0;
  for (std::size_t i = 0; i < after.elements.size(); ++i) {
    const std::size_t row = i / 256, group = i % 256 / static_cast<std::size_t>(after.group);
    const std::size_t at = row * static_cast<std::size_t>(after.groups()) + group;
    elements += before.scales[at] != after.scales[at];
  }
  return elements;
}

TEST(Quantise, gives_a_block_one_scale) {
  EXPECT_EQ(reached("e4m3:tensor", Factor::a), 256u * 256);
  EXPECT_EQ(reached("e4m3:channel", Factor::a), 256u);
  EXPECT_EQ(reached("e4m3:1x128", Factor::b), 128u);
  EXPECT_EQ(reached("e4m3:128x128", Factor::a), 128u * 128);
  EXPECT_EQ(reached("e4m3:1d2d", Factor::a), 128u);
  EXPECT_EQ(reached("e4m3:1d2d", Factor::b), 128u * 128);
  EXPECT_EQ(reached("e4m3:1x64", Factor::a), 64u);
  EXPECT_EQ(reached("e4m3:64x64", Factor::b), 64u * 64);
  EXPECT_EQ(reached("e4m3:1x32", Factor::a), 32u);
  EXPECT_EQ(reached("bf16", Factor::a), 0u);
}

TEST(Quantise, divides_in_fp32_before_it_rounds) {
  const Given matrix(3, 160, [](auto row, auto column) {
    return std::sin(static_cast<float>(row * 1000 + column)) * (column < 128 ? 1.0F : 1e-3F);
  });
  const Quantised q = quantised(matrix, Factor::a, "e4m3:1x128");
  ASSERT_EQ(q.groups(), 2) << "the last block is shorter";
  const Sample sample = take_sample(matrix, 3, 1);
  for (std::int64_t row = 0; row < 3; ++row)
    for (std::int64_t column = 0; column < 160; ++column) {
      const auto at = static_cast<std::size_t>(row * 160 + column);
      const float scale = q.scales[static_cast<std::size_t>(row * 2 + column / 128)];
      EXPECT_EQ(q.elements[at],
                round_nearest(Element::e4m3, sample.row(row)[static_cast<std::size_t>(column)] / scale));
    }
}

TEST(Quantise, of_a_sample_is_that_of_the_whole) {
  const auto matrix = make_matrix({.kind = Made::student_t}, Factor::b, 700, 200, 5);
  for (const char* recipe :
       {"e4m3:128x128", "e4m3:64x64", "e4m3:tensor", "e4m3:1x64,stochastic", "e5m2:1d2d"}) {
    const Quantised whole = quantised(*matrix, Factor::b, recipe),
                    part = quantised(*matrix, Factor::b, recipe, 96);
    const std::vector<std::int64_t> rows = sampled_rows(700, 96);
    ASSERT_EQ(part.rows, 96);
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t column = 0; column < 200; ++column)
        ASSERT_EQ(part.elements[i * 200 + column],
                  whole.elements[static_cast<std::size_t>(rows[i]) * 200 + column])
            << recipe << " row " << rows[i];
  }
}

TEST(Quantise, counts_what_does_not_fit) {
  const Given matrix(1, 128, [](auto, auto column) {
    return column == 0 ? 1.0F : column < 11 ? 1e-7F : 0.0F;
  });
  const Quantised q = quantised(matrix, Factor::a, "e4m3:1x128");
  EXPECT_EQ(q.flushed, 10) << "zeros stay what they are";
  EXPECT_EQ(q.saturated, 0);
}

TEST(Sample, is_spread_in_groups_and_has_the_blocks_around) {
  EXPECT_EQ(sampled_rows(40, 64).size(), 40u);
  const std::vector<std::int64_t> rows = sampled_rows(4096, 128);
  ASSERT_EQ(rows.size(), 128u);
  EXPECT_EQ(std::set<std::int64_t>(rows.begin(), rows.end()).size(), 128u);
  EXPECT_TRUE(std::ranges::is_sorted(rows));
  EXPECT_EQ(rows[0], 0);
  EXPECT_EQ(rows[32], 1024);
  EXPECT_EQ(rows[96], 3072);
  for (const std::int64_t of : {33, 95, 129, 1000}) {
    const std::vector<std::int64_t> some = sampled_rows(of, 32);
    EXPECT_EQ(some.size(), 32u);
    EXPECT_LT(some.back(), of);
  }
  EXPECT_EQ(sampled_rows(100, 5).size(), 5u);
  const Given matrix(300, 4, [](auto row, auto) { return static_cast<float>(row); });
  const Sample sample = take_sample(matrix, 64, 2);
  ASSERT_EQ(sample.blocks.size(), 2u);
  for (const std::int64_t row : sample.rows) EXPECT_EQ(sample.row(row)[3], static_cast<float>(row));
  EXPECT_EQ(sample.block_around(140, 64), std::pair(std::int64_t{128}, std::int64_t{192}));
  EXPECT_EQ(take_sample(matrix, 300, 2).block_around(290, 128),
            std::pair(std::int64_t{256}, std::int64_t{300}));
}

}  // namespace
}  // namespace gemmtune::accuracy
