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

/// Takes a name from what is left of a text, piece by piece.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool skip(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  template <typename Number>
  bool number(Number& into) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), into);
    if (error != std::errc()) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  template <typename Enum>
  bool word(Enum& into) {
    for (const auto& [value, name] : names(Enum{}))
      if (skip(name)) {
        into = value;
        return true;
      }
    return false;
  }

 private:
  std::string_view text_;
};

}  // namespace

std::optional<Policy> policy_of(std::string_view name) {
  Policy policy;
  Reader reader(name);
  if (!reader.word(policy.l2)) return std::nullopt;
  if (reader.skip("x") && !reader.number(policy.copies)) return std::nullopt;
  const bool head = reader.skip("-") && reader.word(policy.timer) && reader.skip("-") &&
                    reader.word(policy.regime) && reader.skip("-w") && reader.number(policy.warmup) &&
                    reader.skip("t") && reader.number(policy.turn) && reader.skip("-n") &&
                    reader.number(policy.samples);
  if (head && reader.skip("to") &&
      !(reader.number(policy.max_samples) && reader.skip("-p") && reader.number(policy.precision)))
    return std::nullopt;
  // The name may stand in a file that anybody wrote.
  constexpr int kMost = 100'000;
  const bool usable = policy.copies >= 1 && policy.copies <= kMostCopies && policy.warmup >= 0 &&
                      policy.warmup <= kMost && policy.turn >= 1 && policy.turn <= kMost &&
                      policy.samples >= 1 && policy.samples <= kMost && policy.max_samples <= kMost &&
                      policy.precision >= 0 && policy.precision <= 1;
  return head && usable && policy.name() == name ? std::optional(policy) : std::nullopt;
}

std::optional<L2Policy> l2_of(std::string_view policy_name) {
  for (const auto& [l2, name] : names(L2Policy{}))
    if (policy_name.starts_with(name)) return l2;
  return std::nullopt;
}

std::optional<Places> places_of(std::string_view policy_name) {
  const auto policy = policy_of(policy_name);
  // A block's sample is a mean over all of its launches.
  if (!policy || !is_flushed(policy->l2) || policy->regime == PowerRegime::blocks || policy->copies < 2)
    return std::nullopt;
  return Places{policy->copies, policy->warmup, policy->turn};
}

std::string Policy::name() const {
  std::string name = std::string(to_string(l2)) + (over_copies() ? "x" + std::to_string(copies) : "") + "-" +
                     std::string(to_string(timer)) + "-" + std::string(to_string(regime)) + "-w" +
                     std::to_string(warmup) + "t" + std::to_string(turn) + "-n" + std::to_string(samples);
  if (adaptive()) name += "to" + std::to_string(max_samples) + "-p" + shortest(precision);
  return name;
}

}  // namespace gemmtune
