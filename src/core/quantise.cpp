#include "core/quantise.h"

#include "util/integers.h"

#include <array>
#include <utility>

namespace gemmtune {

namespace {

constexpr std::array<std::pair<QuantiserForm, std::string_view>, 3> kForms = {
    {{QuantiserForm::row, "row"}, {QuantiserForm::block, "block"}, {QuantiserForm::both, "both"}}};

}  // namespace

NameTable<QuantiserForm> names(QuantiserForm) {
  return kForms;
}

Config compiled(const QuantiserKind& kind) {
  return {{"both_units", kUnitsOfBoth},
          {"input_bytes", kind.input_bytes()},
          {"powers_of_two", kind.scale == Recipe::ue8m0},
          {"stochastic", kind.stochastic}};
}

std::string describe(const QuantiserKind& kind) {
  return std::string(to_string(kind.input)) + " " + std::string(to_string(kind.scale)) + " " +
         (kind.stochastic ? "stochastic" : "nearest");
}

std::int64_t quantised_bytes(const QuantiserKind& kind, QuantiserForm form, std::int64_t rows,
                             std::int64_t columns) {
  constexpr std::int64_t kScaleBytes = 4;
  const std::int64_t groups = columns / kQuantiserGroup, blocks = ceil_div(rows, kQuantiserGroup);
  const std::int64_t plain = rows * columns * (kind.input_bytes() + 1);
  const std::int64_t rows_scales = groups * round_up(rows, 4) * kScaleBytes;
  if (form == QuantiserForm::block) return plain + blocks * groups * kScaleBytes;
  if (form == QuantiserForm::row) return plain + rows_scales;
  return plain + rows_scales + columns * blocks * (kQuantiserGroup + kScaleBytes);
}

}  // namespace gemmtune
