#include "accuracy/quantiser.h"

#include "accuracy/parallel.h"
#include "accuracy/random.h"
#include "core/quantise.h"
#include "util/integers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace gemmtune::accuracy {

namespace {

constexpr std::uint64_t kNoiseOfRows = 16, kNoiseOfColumns = 17;
constexpr std::uint8_t kLargestCode = 0x7e, kNan = 0x7f, kSign = 0x80;

/// Of all finite magnitudes, ascending.
const std::array<double, kLargestCode + 1>& magnitudes() {
  static const auto all = [] {
    std::array<double, kLargestCode + 1> found{};
    for (int code = 0; code <= kLargestCode; ++code) {
      const int exponent = code / 8, fraction = code % 8;
      found[static_cast<std::size_t>(code)] =
          exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
    }
    return found;
  }();
  return all;
}

/// The largest code whose magnitude is not above `magnitude`.
std::uint8_t code_below(double magnitude) {
  const auto& all = magnitudes();
  return static_cast<std::uint8_t>(std::ranges::upper_bound(all, magnitude) - all.begin() - 1);
}

/// How far above code_below(), in steps from there to the next.
double share_above(std::uint8_t code, double magnitude) {
  const double below = magnitudes()[code], next = magnitudes()[code + 1];
  return (magnitude - below) / (next - below);
}

std::uint8_t with_sign(std::uint8_t code, float value) {
  return std::signbit(value) ? code | kSign : code;
}

/// Elements under one scale: `height` rows by `width` columns from (row, column) on.
struct Group {
  std::int64_t row, column, height, width;
};

float largest_in(const MatrixView& matrix, const Group& group) {
  float largest = 0;
  for (std::int64_t row = group.row; row < group.row + group.height; ++row)
    for (std::int64_t column = group.column; column < group.column + group.width; ++column) {
      const float value = matrix.values[static_cast<std::size_t>(row * matrix.columns + column)];
      if (std::fabs(value) > largest) largest = std::fabs(value);  // never of NaN
    }
  return largest;
}

/// Writes the group's elements and returns its scale. `turned`: transposed, rows `pitch` apart, with noise by
/// where they come to lie.
float quantise_group(const MatrixView& matrix, const Group& group, const QuantiserRules& rules,
                     std::uint64_t stream, bool turned, std::int64_t pitch,
                     std::vector<std::uint8_t>& values) {
  const float scale = quantiser_scale(largest_in(matrix, group), rules.powers_of_two);
  for (std::int64_t row = group.row; row < group.row + group.height; ++row)
    for (std::int64_t column = group.column; column < group.column + group.width; ++column) {
      const float value = matrix.values[static_cast<std::size_t>(row * matrix.columns + column)] / scale;
      const std::int64_t to_row = turned ? column : row, to_column = turned ? row : column;
      const auto at_row = static_cast<std::uint64_t>(to_row), at = static_cast<std::uint64_t>(to_column);
      values[static_cast<std::size_t>(to_row * pitch + to_column)] =
          rules.stochastic ? e4m3_stochastic(value, rounding_noise(rules.seed, stream, at_row, at))
                           : e4m3_nearest(value);
    }
  return scale;
}

}  // namespace

float quantiser_scale(float amax, bool powers_of_two) {
  const float scale = std::max(amax, 1e-4F) / 448.0F;
  if (!powers_of_two || std::isinf(scale)) return scale;
  float power = 1;
  while (power < scale) power *= 2;
  while (power / 2 >= scale) power /= 2;
  return power;
}

std::uint8_t e4m3_nearest(float value) {
  if (std::isnan(value)) return kNan;
  const double magnitude = std::fabs(value);
  std::uint8_t code = code_below(magnitude);
  if (code < kLargestCode) {
    const double share = share_above(code, magnitude);
    if (share > 0.5 || (share == 0.5 && code % 2 == 1)) ++code;
  }
  return with_sign(code, value);
}

std::uint8_t e4m3_stochastic(float value, float noise) {
  if (std::isnan(value)) return kNan;
  const double magnitude = std::fabs(value);
  std::uint8_t code = code_below(magnitude);
  if (code < kLargestCode && share_above(code, magnitude) + static_cast<double>(noise) >= 1) ++code;
  return with_sign(code, value);
}

QuantisedMatrix quantise_rows(const MatrixView& matrix, const QuantiserRules& rules, unsigned threads) {
  const std::int64_t padded = round_up(matrix.rows, 4), groups = matrix.columns / kQuantiserGroup;
  QuantisedMatrix result{std::vector<std::uint8_t>(matrix.values.size()),
                         std::vector<float>(static_cast<std::size_t>(groups * padded))};
  parallel_for(matrix.rows, threads, [&](std::int64_t row) {
    for (std::int64_t g = 0; g < groups; ++g)
      result.scales[static_cast<std::size_t>(g * padded + row)] =
          quantise_group(matrix, {row, g * kQuantiserGroup, 1, kQuantiserGroup}, rules, kNoiseOfRows, false,
                         matrix.columns, result.values);
  });
  return result;
}

QuantisedMatrix quantise_blocks(const MatrixView& matrix, const QuantiserRules& rules, unsigned threads) {
  const std::int64_t rows = ceil_div(matrix.rows, kQuantiserGroup), groups = matrix.columns / kQuantiserGroup;
  QuantisedMatrix result{std::vector<std::uint8_t>(matrix.values.size()),
                         std::vector<float>(static_cast<std::size_t>(rows * groups))};
  parallel_for(rows * groups, threads, [&](std::int64_t i) {
    const std::int64_t first = i / groups * kQuantiserGroup;
    const Group group{first, i % groups * kQuantiserGroup, std::min(kQuantiserGroup, matrix.rows - first),
                      kQuantiserGroup};
    result.scales[static_cast<std::size_t>(i)] =
        quantise_group(matrix, group, rules, kNoiseOfColumns, false, matrix.columns, result.values);
  });
  return result;
}

QuantisedMatrix quantise_turned(const MatrixView& matrix, const QuantiserRules& rules, unsigned threads) {
  const std::int64_t pitch = round_up(matrix.rows, kQuantiserGroup), groups = pitch / kQuantiserGroup;
  QuantisedMatrix result{std::vector<std::uint8_t>(static_cast<std::size_t>(matrix.columns * pitch)),
                         std::vector<float>(static_cast<std::size_t>(groups * matrix.columns))};
  // By blocks of 128x128, whose lines stay in the cache from column to column.
  const std::int64_t wide = matrix.columns / kQuantiserGroup;
  parallel_for(groups * wide, threads, [&](std::int64_t i) {
    const std::int64_t g = i / wide, first = i % wide * kQuantiserGroup;
    for (std::int64_t column = first; column < first + kQuantiserGroup; ++column) {
      const Group group{g * kQuantiserGroup, column,
                        std::min(kQuantiserGroup, matrix.rows - g * kQuantiserGroup), 1};
      result.scales[static_cast<std::size_t>(g * matrix.columns + column)] =
          quantise_group(matrix, group, rules, kNoiseOfColumns, true, pitch, result.values);
    }
  });
  return result;
}

}  // namespace gemmtune::accuracy
