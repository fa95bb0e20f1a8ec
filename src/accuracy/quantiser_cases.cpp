#include "accuracy/quantiser_cases.h"

#include "accuracy/parallel.h"
#include "accuracy/random.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

namespace gemmtune::accuracy {

namespace {

constexpr std::uint64_t kStream = 40;
constexpr std::int64_t kRows = 133, kColumns = 256;

struct Place {
  std::int64_t row, column;
  std::uint64_t bits;  ///< random

  std::uint64_t below(std::uint64_t count) const { return mix(bits) % count; }
  float sign() const { return mix(bits + 1) % 2 == 0 ? 1.0F : -1.0F; }
};

Place place_at(std::int64_t row, std::int64_t column, std::uint64_t seed) {
  return {row, column,
          bits_of(seed, kStream, static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(column))};
}

float normal(const Place& at) {
  const double radius = std::sqrt(-2 * std::log(uniform_of(at.bits)));
  return static_cast<float>(radius * std::cos(2 * std::numbers::pi * uniform_of(mix(at.bits + 2))));
}

float zero(const Place& at) {
  return 0.0F * at.sign();
}

/// Of BF16 and of FP32, and the least normal numbers beside them.
float denormal(const Place& at) {
  return at.sign() * std::bit_cast<float>(static_cast<std::uint32_t>(at.below(0x01000000)));
}

float with_infinities(const Place& at) {
  return at.below(500) == 0 ? at.sign() * std::numeric_limits<float>::infinity() : normal(at);
}

/// Some, and rows of nothing else.
float with_nan(const Place& at) {
  const bool nan = at.below(500) == 0 || at.row % 31 == 3;
  return nan ? std::copysign(std::numeric_limits<float>::quiet_NaN(), at.sign()) : normal(at);
}

/// Of rows and columns of 1e-4 and less.
float below_the_clamp(const Place& at) {
  return 0.99e-4F * static_cast<float>(uniform_of(at.bits)) * at.sign();
}

/// Between 15/16 of amax and amax, where 448 is the nearest.
float near_amax(const Place& at) {
  return at.sign() * (1 - static_cast<float>(uniform_of(at.bits)) / 16) * 3.0F;
}

/// Halves between two neighbours of E4M3 under a scale of 1, which a 448 in each row and column of 128 sees
/// to.
float half_between(const Place& at) {
  if ((at.row + at.column) % 128 == 0) return 448;
  const int code = static_cast<int>(at.below(126)), exponent = code / 8, fraction = code % 8;
  const double half =
      exponent == 0 ? std::ldexp(2 * fraction + 1, -10) : std::ldexp(2 * (8 + fraction) + 1, exponent - 11);
  return at.sign() * static_cast<float>(half);
}

float far_apart(const Place& at) {
  return std::ldexp(normal(at), static_cast<int>(at.below(60)) - 40);
}

float any_bits(const Place& at) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(at.bits));
}

/// Without the lower half where a value is to be BF16. GCC 12 leaves the mask out of `bf16 ? masked : value`.
float kept(float value, bool bf16) {
  const std::uint32_t mask = bf16 ? 0xffff0000U : 0xffffffffU;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & mask);
}

std::vector<float> filled(std::int64_t rows, std::int64_t columns, bool bf16, std::uint64_t seed,
                          float (*value_at)(const Place&), unsigned threads) {
  std::vector<float> values(static_cast<std::size_t>(rows * columns));
  parallel_for(rows, threads, [&](std::int64_t row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      values[static_cast<std::size_t>(row * columns + column)] =
          kept(value_at(place_at(row, column, seed)), bf16);
    }
  });
  return values;
}

}  // namespace

std::vector<QuantiserCase> quantiser_cases(bool bf16) {
  const std::pair<const char*, float (*)(const Place&)> kinds[] = {{"zeros", zero},
                                                                   {"denormals", denormal},
                                                                   {"infinities", with_infinities},
                                                                   {"NaN", with_nan},
                                                                   {"below the clamp", below_the_clamp},
                                                                   {"near amax", near_amax},
                                                                   {"ties", half_between},
                                                                   {"normal", normal},
                                                                   {"exponents far apart", far_apart},
                                                                   {"all bit patterns", any_bits}};
  std::vector<QuantiserCase> cases;
  for (const auto& [name, value_at] : kinds)
    cases.push_back({name, kRows, kColumns, filled(kRows, kColumns, bf16, 1, value_at, 1)});
  cases.push_back({"one row", 1, 128, filled(1, 128, bf16, 2, normal, 1)});
  return cases;
}

std::vector<float> quantiser_data(std::int64_t rows, std::int64_t columns, bool bf16, std::uint64_t seed,
                                  unsigned threads) {
  return filled(rows, columns, bf16, seed, normal, threads);
}

}  // namespace gemmtune::accuracy
