// The model of the tensor core against the errors that kernels/README.md says were measured on an H100.
#include "accuracy/tensor_core.h"

#include "accuracy/assess.h"
#include "accuracy/exact_product.h"
#include "util/atomic_file.h"
#include "util/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gemmtune::accuracy {
namespace {

/// Of the table of kernels/README.md that begins with K: what a row says, by K.
std::map<std::int64_t, double> measured(const std::string& row) {
  const std::filesystem::path path = std::filesystem::path(GEMMTUNE_SOURCE_DIR) / "kernels/README.md";
  std::vector<std::string> sizes;
  std::map<std::int64_t, double> found;
  for (const std::string& line : split(read_file(path), '\n')) {
    const std::vector<std::string> cells = split(line, '|');
    if (cells.size() < 3) continue;
    if (cells[1] == " `error_rms` at K ") sizes = cells;
    if (cells[1] != " " + row + " " || sizes.size() != cells.size()) continue;
    for (std::size_t i = 2; i + 1 < cells.size(); ++i)
      if (cells[i] != " – ") found[std::stoll(sizes[i])] = std::stod(cells[i]);
  }
  return found;
}

Products products(const std::string& recipe, std::int64_t k, std::int64_t rows) {
  const auto a = make_matrix({}, Factor::a, rows, k, 3), b = make_matrix({}, Factor::b, rows, k, 3);
  return products_of(*a, *b, parse_recipe(recipe, OutputType::bf16), {.sample = rows});
}

/// Half a unit in the last place of BF16.
double half_unit(double value) {
  return std::ldexp(1, std::max(std::ilogb(value), -126) - 8);
}

/// The gate's `error_rms`: of FP32 output, or of BF16 output beyond what rounding it may cost.
double gate_error(const Products& products, OutputType out) {
  double errors = 0, references = 0;
  for (std::size_t i = 0; i < products.d.size(); ++i) {
    const double reference = products.dequantised[i];
    const double excess = out == OutputType::fp32
                              ? products.accumulated[i] - reference
                              : std::max(0.0, std::abs(products.d[i] - reference) - half_unit(reference));
    errors += excess * excess;
    references += reference * reference;
  }
  return std::sqrt(errors / references);
}

void expect_agreement(const std::string& recipe, const std::string& row, OutputType out, double within) {
  const auto figures = measured(row);
  ASSERT_GE(figures.size(), 4u) << row << " is not in kernels/README.md";
  for (const auto& [k, figure] : figures)
    EXPECT_NEAR(gate_error(products(recipe, k, k > 2048 ? 64 : 96), out) / figure, 1, within)
        << row << ", K " << k;
}

TEST(TensorCore, errs_in_bf16_as_was_measured) {
  expect_agreement("bf16", "FP32 out: right kernels", OutputType::fp32, 0.06);
}

TEST(TensorCore, errs_in_fp8_without_promotion_as_was_measured) {
  expect_agreement("e4m3:tensor", "FP32 out: the tensor core's own sum", OutputType::fp32, 0.06);
  // Few elements lie so near to where rounding changes that they count.
  expect_agreement("e4m3:tensor", "`dense_tensor`, BF16 out: the tensor core's own sum", OutputType::bf16,
                   0.12);
}

TEST(TensorCore, errs_with_promotion_as_was_measured) {
  // The table of gates: 1.27e-4 to 1.28e-4 of FP32 output, 2.0e-5 to 2.7e-5 of BF16, at every K; promotion
  // every 256 4.9e-5 to 5.6e-5 of BF16.
  for (const std::int64_t k : {512, 7168}) {
    const Products right = products("e4m3:1d2d", k, 96);
    EXPECT_NEAR(gate_error(right, OutputType::fp32), 1.275e-4, 0.04e-4) << k;
    EXPECT_NEAR(gate_error(right, OutputType::bf16), 2.35e-5, 0.5e-5) << k;
    EXPECT_NEAR(gate_error(products("e4m3:tensor,promote=256", k, 96), OutputType::bf16), 5.25e-5, 0.7e-5)
        << k;
  }
}

/// 7, 9, 11 and 13, of which kernels/README.md says what promotion makes of them.
class Integers : public Matrix {
 public:
  explicit Integers(std::int64_t k, int shift) : k_(k), shift_(shift) {}
  std::int64_t rows() const override { return 24; }
  std::int64_t k() const override { return k_; }
  void read_row(std::int64_t row, int, std::span<float> into) const override {
    for (std::size_t column = 0; column < into.size(); ++column)
      into[column] = static_cast<float>(7 + 2 * ((static_cast<std::size_t>(row) * 31 + column * 7 +
                                                  column / 5 + static_cast<std::size_t>(shift_)) %
                                                 4));
  }

 private:
  std::int64_t k_;
  int shift_;
};

std::size_t wrong_integers(std::int64_t k, const std::string& recipe) {
  const Integers a(k, 0), b(k, 3);
  const Products all = products_of(a, b, parse_recipe(recipe, OutputType::fp32), {.sample = 24});
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < all.d.size(); ++i) wrong += all.d[i] != all.original[i];
  return wrong;
}

TEST(TensorCore, sums_integers_exactly_where_and_only_where_hardware_does) {
  for (const std::int64_t k : {128, 512, 16384})
    EXPECT_EQ(wrong_integers(k, "e4m3:tensor,mx,promote=128"), 0u) << k;
  EXPECT_EQ(wrong_integers(128, "e4m3:tensor,mx"), 0u);
  for (const std::int64_t k : {512, 2048, 16384})
    EXPECT_EQ(wrong_integers(k, "e4m3:tensor,mx"), 24u * 24)
        << "all elements differ without promotion, K " << k;
}

TEST(TensorCore, sums_whatever_k_and_rows_there_are) {
  for (const std::int64_t k : {1, 31, 33, 129, 300}) {
    const auto a = make_matrix({}, Factor::a, 5, k, 1), b = make_matrix({}, Factor::b, 11, k, 1);
    for (const char* recipe :
         {"e4m3:1d2d", "e4m3:1x32,mx", "e5m2:tensor", "bf16", "tf32", "e4m3:channel,promote=256"}) {
      const Products all = products_of(*a, *b, parse_recipe(recipe, OutputType::fp32), {});
      ASSERT_EQ(all.d.size(), 55u);
      for (std::size_t i = 0; i < all.d.size(); ++i)
        EXPECT_NEAR(all.d[i], all.dequantised[i], 1e-3 * all.magnitudes[i]) << recipe << " K " << k;
    }
  }
}

TEST(TensorCore, keeps_zeros_and_the_largest_values) {
  class Constant : public Matrix {
   public:
    explicit Constant(float value) : value_(value) {}
    std::int64_t rows() const override { return 3; }
    std::int64_t k() const override { return 256; }
    void read_row(std::int64_t, int, std::span<float> into) const override {
      std::ranges::fill(into, value_);
    }

   private:
    float value_;
  };
  for (const float value : {0.0F, 1e-38F, 1e-20F, 448.0F, 1e15F})
    for (const char* recipe : {"e4m3:1d2d", "e4m3:tensor,mx", "bf16"}) {
      const Products all =
          products_of(Constant(value), Constant(1), parse_recipe(recipe, OutputType::fp32), {});
      for (std::size_t i = 0; i < all.d.size(); ++i)
        EXPECT_NEAR(all.d[i], all.dequantised[i], 1e-3 * std::abs(all.dequantised[i]) + 1e-30)
            << recipe << value;
    }
}

}  // namespace
}  // namespace gemmtune::accuracy
