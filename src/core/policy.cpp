#include "core/policy.h"

#include <array>
#include <charconv>

namespace gemmtune {

namespace {

/// The shortest text that reads back as this number.
std::string shortest(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

}  // namespace

std::optional<L2Policy> l2_of(std::string_view policy_name) {
  for (const auto& [l2, name] : names(L2Policy{}))
    if (policy_name.starts_with(name)) return l2;
  return std::nullopt;
}

std::string Policy::name() const {
  std::string name = std::string(to_string(l2)) + (over_copies() ? "x" + std::to_string(copies) : "") + "-" +
                     std::string(to_string(timer)) + "-" + std::string(to_string(regime)) + "-w" +
                     std::to_string(warmup) + "t" + std::to_string(turn) + "-n" + std::to_string(samples);
  if (adaptive()) name += "to" + std::to_string(max_samples) + "-p" + shortest(precision);
  return name;
}

}  // namespace gemmtune
