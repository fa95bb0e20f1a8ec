// What a bundle holds for problems that nobody tuned: a fitted model, and what it has to know of each cubin.
#pragma once

#include "launch/gemm_time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::launch {

/// An entry's cubin, which other problems may take too. Its recipe says the rest.
struct Choice {
  std::uint32_t entry = 0;
  std::uint32_t k_groups = 1;
  std::uint32_t stages = 0;
  std::uint32_t ring_bytes = 0;
  std::uint32_t swap_ab = 0;
  std::uint32_t store_buffers = 0;
  /// What the model is wrong by for this cubin, wherever it is: of ln(time), in kCoefficientUnit.
  std::int64_t correction = 0;
};

/// The members by name, in the order in which a bundle's index has them, the correction behind them.
using ChoiceValue = std::uint32_t Choice::*;
struct ChoiceMember {
  const char* name;
  ChoiceValue value;
};
inline constexpr ChoiceMember kChoiceMembers[] = {
    {"entry", &Choice::entry},     {"k_groups", &Choice::k_groups},
    {"stages", &Choice::stages},   {"ring_bytes", &Choice::ring_bytes},
    {"swap_ab", &Choice::swap_ab}, {"store_buffers", &Choice::store_buffers},
};

/// Coefficients are whole billionths: an index says them as they are.
inline constexpr double kCoefficientUnit = 1e-9;

/// Of a kernel with one form of D: ln(time) = ln(expected) + sum of coefficient * term.
struct PickModel {
  std::string kernel;
  bool fp32_out = false;
  bool accumulate = false;
  std::int64_t k_multiple = 1;             ///< K that the kernel takes
  std::vector<std::int64_t> coefficients;  ///< kTerms, in kCoefficientUnit
};

struct PickerData {
  MachineFigures machine;
  std::vector<Choice> choices;
  std::vector<PickModel> models;  ///< empty: the bundle picks nothing
};

}  // namespace gemmtune::launch
