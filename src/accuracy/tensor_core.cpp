#include "accuracy/tensor_core.h"

#include "accuracy/panels.h"
#include "accuracy/parallel.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace gemmtune::accuracy {

namespace {

/// Of a value in FP32, with its bias; zero lies below all others, also below a product with it.
std::int32_t biased_exponent(float value) {
  const auto exponent = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(value) >> 23 & 255);
  return value == 0 ? -512 : exponent;
}

/// 2^exponent, for exponents of normal numbers.
float power_of_two(std::int32_t exponent) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
}

/// A sum with no more fraction bits than that, towards zero.
float cut_off(double sum, int fraction_bits) {
  const std::uint64_t mask = ~std::uint64_t{0} << (52 - fraction_bits);
  return static_cast<float>(std::bit_cast<double>(std::bit_cast<std::uint64_t>(sum) & mask));
}

/// A row of A and a panel of B, as numbers and as exponents.
struct Operands {
  const float* a;
  const std::int32_t* a_exponents;
  const Lanes<float>* b;
  const Lanes<std::int32_t>* b_exponents;
};

/// One addition of the tensor core. Sum: exact for all that a step adds up.
template <typename Sum>
void add_step(Lanes<float>& sums, const Operands& x, std::size_t from, std::size_t end,
              const Accumulator& accumulator) {
  // Of products both biases are in it. Below 2^-100 all is aligned alike: the powers below stay normal.
  constexpr std::int32_t kLeast = 254 - 100;
  Lanes<std::int32_t> exponents{};
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    exponents[lane] = std::max(kLeast, biased_exponent(sums[lane]) + 127);
  for (std::size_t k = from; k < end; ++k)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      exponents[lane] = std::max(exponents[lane], x.a_exponents[k] + x.b_exponents[k][lane]);
  Lanes<float> per_unit{};
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    per_unit[lane] = power_of_two(accumulator.aligned_bits - (exponents[lane] - 254));
  Lanes<Sum> units{};
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    units[lane] = static_cast<std::int32_t>(sums[lane] * per_unit[lane]);
  for (std::size_t k = from; k < end; ++k)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      units[lane] += static_cast<std::int32_t>(x.a[k] * x.b[k][lane] * per_unit[lane]);
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    sums[lane] = cut_off(static_cast<double>(units[lane]) / per_unit[lane], accumulator.kept_bits);
}

}  // namespace

Accumulator accumulator_of(Element element) {
  switch (element) {
    case Element::bf16:
      return {16, 25, 23};
    case Element::tf32:
      return {8, 25, 23};
    case Element::e4m3:
    case Element::e5m2:
      break;
  }
  return {32, 13, 13};
}

std::vector<float> tensor_core_product(const Quantised& a, const Quantised& b, const Recipe& recipe,
                                       unsigned threads) {
  const Accumulator accumulator = accumulator_of(recipe.element);
  const auto panels = panels_of<float>(b, [](float element) { return element; });
  const auto panel_exponents = panels_of<std::int32_t>(b, biased_exponent);
  const auto k = static_cast<std::size_t>(a.k), columns = static_cast<std::size_t>(b.rows);
  const auto group = static_cast<std::size_t>(a.group), groups = static_cast<std::size_t>(a.groups());
  const bool scales_by_block = recipe.block_of_a().columns != 0;
  const std::size_t promote = recipe.promote == 0 ? k : static_cast<std::size_t>(recipe.promote);
  const auto step = static_cast<std::size_t>(accumulator.step);
  std::vector<float> product(static_cast<std::size_t>(a.rows) * columns);

  parallel_for(a.rows, threads, [&](std::int64_t i) {
    const auto row = static_cast<std::size_t>(i);
    std::vector<std::int32_t> exponents(k);
    std::transform(a.elements.begin() + static_cast<std::ptrdiff_t>(row * k),
                   a.elements.begin() + static_cast<std::ptrdiff_t>((row + 1) * k), exponents.begin(),
                   biased_exponent);
    for (std::size_t panel = 0; panel * kLanes < columns; ++panel) {
      const Operands operands{&a.elements[row * k], exponents.data(), &panels[panel * k],
                              &panel_exponents[panel * k]};
      Lanes<float> sums{};
      for (std::size_t from = 0; from < k;) {
        const std::size_t g = from / group;
        const std::size_t end = std::min({k, (g + 1) * group, (from / promote + 1) * promote});
        Lanes<float> inner{};
        for (std::size_t at = from; at < end; at += step)
          if (is_scaled(recipe.element))
            add_step<std::int32_t>(inner, operands, at, std::min(at + step, end), accumulator);
          else
            add_step<double>(inner, operands, at, std::min(at + step, end), accumulator);
        const Lanes<float> scales = scales_of_panel(b, panel, g);
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          const float scale = scales_by_block ? a.scales[row * groups + g] * scales[lane] : 1;
          sums[lane] = static_cast<float>(static_cast<double>(inner[lane]) * scale + sums[lane]);
        }
        from = end;
      }
      const Lanes<float> scales = scales_of_panel(b, panel, 0);
      for (std::size_t lane = 0; lane < std::min(kLanes, columns - panel * kLanes); ++lane)
        product[row * columns + panel * kLanes + lane] =
            scales_by_block ? sums[lane] : sums[lane] * (a.scales[row * groups] * scales[lane]);
    }
  });
  return product;
}

}  // namespace gemmtune::accuracy
