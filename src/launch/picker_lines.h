// What a bundle picks by, as lines of its index.
#pragma once

#include "launch/index_line.h"
#include "launch/picker_data.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::launch {

/// Figures are whole nanoseconds, kilohertz and billions of operations a second.
inline constexpr double kMilli = 1e-3;
inline constexpr std::int64_t kMostOfFigure = 1'000'000'000'000;

inline void read_machine(IndexLine& line, MachineFigures& machine) {
  machine.sms = static_cast<int>(line.number("sms", 9999));
  machine.l2_bytes = line.number("l2_bytes", kMostOfFigure);
  machine.sm_clock_mhz = static_cast<double>(line.number("sm_clock_khz", kMostOfFigure)) * kMilli;
  machine.fp8_promoted_tflops =
      static_cast<double>(line.number("fp8_promoted_gflops", kMostOfFigure)) * kMilli;
  machine.empty_kernel_us = static_cast<double>(line.number("empty_kernel_ns", kMostOfFigure)) * kMilli;
  if (machine.sms == 0 || machine.sm_clock_mhz == 0 || machine.fp8_promoted_tflops == 0) line.fail("sms");
  line.end();
}

inline void read_cold_read(IndexLine& line, MachineFigures& machine) {
  const double megabytes = static_cast<double>(line.number("kilobytes", kMostOfFigure)) * kMilli;
  const double time_us = static_cast<double>(line.number("time_ns", kMostOfFigure)) * kMilli;
  const bool first = machine.cold_read_mb_us.empty();
  if (megabytes <= (first ? 0 : machine.cold_read_mb_us.back().first)) line.fail("kilobytes");
  if (time_us < (first ? machine.empty_kernel_us : machine.cold_read_mb_us.back().second))
    line.fail("time_ns");
  machine.cold_read_mb_us.emplace_back(megabytes, time_us);
  line.end();
}

/// A whole number with a sign.
inline std::int64_t read_signed(IndexLine& line, const std::string& text) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  const std::size_t start = !text.empty() && text[0] == '-' ? 1 : 0;
  if (start == text.size()) line.fail("coefficients");
  std::int64_t value = 0;
  for (std::size_t i = start; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9' || value > kMost / 10) line.fail("coefficients");
    value = value * 10 + (text[i] - '0');
  }
  return start == 1 ? -value : value;
}

inline Choice read_choice(IndexLine& line) {
  Choice choice;
  for (const ChoiceMember& member : kChoiceMembers)
    choice.*member.value = static_cast<std::uint32_t>(line.number(member.name, kMostOfRecipe));
  choice.correction = read_signed(line, line.word("correction"));
  if (choice.k_groups == 0 || choice.k_groups > 1024 || choice.stages == 0 || choice.ring_bytes == 0)
    line.fail("k_groups");
  line.end();
  return choice;
}

/// Whole numbers with a sign, between commas.
inline std::vector<std::int64_t> read_coefficients(IndexLine& line) {
  const std::string text = line.word("coefficients");
  std::vector<std::int64_t> numbers;
  for (std::size_t start = 0, end; start <= text.size(); start = end + 1) {
    end = std::min(text.find(',', start), text.size());
    numbers.push_back(read_signed(line, text.substr(start, end - start)));
  }
  return numbers;
}

inline PickModel read_model(IndexLine& line) {
  PickModel model;
  model.kernel = line.word("kernel");
  model.fp32_out = line.number("fp32_out", 1) == 1;
  model.accumulate = line.number("accumulate", 1) == 1;
  model.k_multiple = line.number("k_multiple", kMostOfRecipe);
  if (model.k_multiple == 0) line.fail("k_multiple");
  model.coefficients = read_coefficients(line);
  if (model.coefficients.size() != kTerms)
    throw BundleError(GEMMTUNE_NOT_A_BUNDLE, "the bundle's model has " +
                                                 std::to_string(model.coefficients.size()) +
                                                 " terms, this loader's " + std::to_string(kTerms) +
                                                 ": take the loader that is in the bundle");
  line.end();
  return model;
}

/// Whether the line was one of these.
inline bool read_picker(IndexLine& line, PickerData& picker) {
  if (line.starts("machine"))
    read_machine(line, picker.machine);
  else if (line.starts("cold_read"))
    read_cold_read(line, picker.machine);
  else if (line.starts("choice"))
    picker.choices.push_back(read_choice(line));
  else if (line.starts("model"))
    picker.models.push_back(read_model(line));
  else
    return false;
  return true;
}

}  // namespace gemmtune::launch
