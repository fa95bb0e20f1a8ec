// Rounding to the formats of operands, against their definitions and against values known beforehand.
#include "accuracy/element.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace gemmtune::accuracy {
namespace {

/// Every finite value that is not negative, from the format's definition: sign, exponent, fraction.
std::vector<double> values_of(int exponent_bits, int fraction_bits, int codes) {
  std::vector<double> values;
  const int bias = (1 << (exponent_bits - 1)) - 1, fractions = 1 << fraction_bits;
  for (int code = 0; code < codes; ++code) {
    const int exponent = code / fractions, fraction = code % fractions;
    values.push_back(exponent == 0 ? std::ldexp(fraction, 1 - bias - fraction_bits)
                                   : std::ldexp(fractions + fraction, exponent - bias - fraction_bits));
  }
  return values;
}

const std::vector<double> kE4m3 = values_of(4, 3, 127);  // 127 is NaN
const std::vector<double> kE5m2 = values_of(5, 2, 124);  // 124 is infinite

void expect_nearest(Element element, const std::vector<double>& values) {
  ASSERT_EQ(values.back(), largest(element));
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    const double low = values[i], high = values[i + 1], middle = (low + high) / 2;
    const double even = i % 2 == 0 ? low : high;  // a code's last bit is the fraction's
    for (const float sign : {1.0F, -1.0F}) {
      const auto rounded = [&](double value) {
        return sign * round_nearest(element, sign * static_cast<float>(value));
      };
      EXPECT_EQ(rounded(low), low);
      EXPECT_EQ(rounded(middle), even) << low << " " << high;
      EXPECT_EQ(rounded(std::nextafter(static_cast<float>(middle), 0.0F)), low);
      EXPECT_EQ(rounded(std::nextafter(static_cast<float>(middle), 1e9F)), high);
    }
  }
}

TEST(Element, rounds_to_the_nearest_of_all_values_of_e4m3_and_ties_to_even) {
  expect_nearest(Element::e4m3, kE4m3);
}

TEST(Element, rounds_to_the_nearest_of_all_values_of_e5m2_and_ties_to_even) {
  expect_nearest(Element::e5m2, kE5m2);
}

TEST(Element, rounds_known_values_as_the_conversion_of_the_gpu_does) {
  // As PTX defines cvt.rn.satfinite.e4m3x2.f32, which the kernels quantise with.
  const std::vector<std::pair<float, float>> known = {{0.0F, 0.0F},
                                                      {1.0F, 1.0F},
                                                      {0.0009765625F, 0.0F},
                                                      {0.00097657F, 0.001953125F},
                                                      {17.0F, 16.0F},
                                                      {19.0F, 20.0F},
                                                      {448.0F, 448.0F},
                                                      {464.0F, 448.0F},
                                                      {1e30F, 448.0F},
                                                      {-1e9F, -448},
                                                      {0.3F, 0.3125F},
                                                      {0.0146484375F, 0.015625F},
                                                      {0.013671875F, 0.013671875F}};
  for (const auto& [value, rounded] : known) EXPECT_EQ(round_nearest(Element::e4m3, value), rounded) << value;
}

TEST(Element, rounds_to_bf16_and_tf32_as_by_bits) {
  std::uint32_t bits = 1;
  for (int i = 0; i < 100000; ++i) {
    bits = bits * 1664525 + 1013904223;
    const auto value = std::bit_cast<float>(bits);
    if (!std::isfinite(value) || std::abs(value) > 1e38F || std::abs(value) < 1e-36F) continue;
    for (const auto& [element, dropped] : {std::pair(Element::bf16, 16), std::pair(Element::tf32, 13)}) {
      const std::uint32_t half = (1U << (dropped - 1)) - 1 + (bits >> dropped & 1);
      const auto expected = std::bit_cast<float>((bits + half) >> dropped << dropped);
      ASSERT_EQ(round_nearest(element, value), expected) << value;
    }
  }
}

TEST(Element, saturates_from_what_would_round_up) {
  EXPECT_EQ(saturates_from(Element::e4m3), 464);
  EXPECT_EQ(saturates_from(Element::e5m2), 61440);
  EXPECT_EQ(largest_exponent(Element::e4m3), 8);
  EXPECT_EQ(largest_exponent(Element::e5m2), 15);
}

TEST(Element, rounds_stochastically_up_as_often_as_it_is_near) {
  EXPECT_EQ(round_stochastic(Element::e4m3, 17, 0.49F), 16);
  EXPECT_EQ(round_stochastic(Element::e4m3, 17, 0.5F), 18);
  EXPECT_EQ(round_stochastic(Element::e4m3, -16.5F, 0.8F), -18);
  EXPECT_EQ(round_stochastic(Element::e4m3, 16, 0.999F), 16);
  double sum = 0;
  constexpr int kTimes = 10000;
  for (int i = 0; i < kTimes; ++i)
    sum += round_stochastic(Element::e4m3, 100.3F, static_cast<float>(i) / kTimes);
  EXPECT_NEAR(sum / kTimes, 100.3, 0.001) << "the mean stays";
}

}  // namespace
}  // namespace gemmtune::accuracy
