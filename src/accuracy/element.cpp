#include "accuracy/element.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

namespace gemmtune::accuracy {

namespace {

struct Format {
  int fraction_bits;
  int least_exponent;  ///< of normal values; subnormals share it
  float largest;
};

/// In the order of Element.
constexpr std::array<Format, 4> kFormats = {
    {{3, -6, 448}, {2, -14, 57344}, {7, -126, 0x1.fep127F}, {10, -126, 0x1.ffcp127F}}};

constexpr std::array<std::pair<Element, std::string_view>, 4> kNames = {
    {{Element::e4m3, "e4m3"}, {Element::e5m2, "e5m2"}, {Element::bf16, "bf16"}, {Element::tf32, "tf32"}}};

const Format& format_of(Element element) {
  return kFormats[static_cast<std::size_t>(element)];
}

/// Of a finite value other than zero; of FP32's subnormals too small, which no format here minds.
int exponent_of(float value) {
  return static_cast<int>(std::bit_cast<std::uint32_t>(value) >> 23 & 255) - 127;
}

/// 2^exponent; FP32's subnormals among them.
double power_of_two(int exponent) {
  return std::ldexp(1.0, exponent);
}

/// What `value` is a multiple of once it is rounded.
double unit_at(const Format& format, float value) {
  return power_of_two(std::max(exponent_of(value), format.least_exponent) - format.fraction_bits);
}

float clamped(const Format& format, double magnitude, float sign) {
  return std::copysign(static_cast<float>(std::min<double>(magnitude, format.largest)), sign);
}

}  // namespace

NameTable<Element> names(Element) {
  return kNames;
}

float largest(Element element) {
  return format_of(element).largest;
}

float saturates_from(Element element) {
  const Format& format = format_of(element);
  return static_cast<float>(format.largest + unit_at(format, format.largest) / 2);
}

int largest_exponent(Element element) {
  return exponent_of(largest(element));
}

bool is_scaled(Element element) {
  return element == Element::e4m3 || element == Element::e5m2;
}

float round_nearest(Element element, float value) {
  const Format& format = format_of(element);
  const double unit = unit_at(format, value);
  return clamped(format, std::nearbyint(std::abs(value) / unit) * unit, value);
}

float round_stochastic(Element element, float value, float noise) {
  const Format& format = format_of(element);
  const double unit = unit_at(format, value);
  return clamped(format, std::floor(std::abs(value) / unit + noise) * unit, value);
}

}  // namespace gemmtune::accuracy
