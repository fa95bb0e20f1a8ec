#include "core/policy.h"

#include <array>
#include <charconv>
#include <system_error>

namespace gemmtune {

namespace {

/// The shortest text that reads back as this number.
std::string shortest(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

/// Reads the number behind the next `word`, and cuts the text off there.
bool number_behind(std::string_view& text, std::string_view word, int& number) {
  const std::size_t at = text.find(word);
  if (at == std::string_view::npos) return false;
  text.remove_prefix(at + word.size());
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return read.ec == std::errc();
}

}  // namespace

std::optional<L2Policy> l2_of(std::string_view policy_name) {
  for (const auto& [l2, name] : names(L2Policy{}))
    if (policy_name.starts_with(name)) return l2;
  return std::nullopt;
}

std::optional<Places> places_of(std::string_view policy_name) {
  // A block's sample is a mean over all of its launches.
  if (policy_name.find("-" + std::string(to_string(PowerRegime::blocks)) + "-") != std::string_view::npos)
    return std::nullopt;
  const auto l2 = l2_of(policy_name);
  if (!l2 || !is_flushed(*l2)) return std::nullopt;
  Places places;
  const bool complete = number_behind(policy_name, std::string(to_string(*l2)) + "x", places.count) &&
                        number_behind(policy_name, "-w", places.untimed) &&
                        number_behind(policy_name, "t", places.timed);
  if (!complete || places.count < 2 || places.untimed < 0 || places.timed < 1) return std::nullopt;
  return places;
}

std::string Policy::name() const {
  std::string name = std::string(to_string(l2)) + (over_copies() ? "x" + std::to_string(copies) : "") + "-" +
                     std::string(to_string(timer)) + "-" + std::string(to_string(regime)) + "-w" +
                     std::to_string(warmup) + "t" + std::to_string(turn) + "-n" + std::to_string(samples);
  if (adaptive()) name += "to" + std::to_string(max_samples) + "-p" + shortest(precision);
  return name;
}

}  // namespace gemmtune
