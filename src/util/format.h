// Text with values in it, in {fmt}'s words, whose headers would take a translation unit four seconds to
// compile: formatted("{} of {:.1f} MiB", count, size).
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace gemmtune {

/// One value. It does not own text: it lives no longer than the call it is an argument of.
class FormatValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): an argument turns into one by itself.
  FormatValue(std::string_view text) : value_(text) {}
  FormatValue(const std::string& text) : value_(std::string_view(text)) {}
  FormatValue(const char* text) : value_(std::string_view(text)) {}
  FormatValue(std::floating_point auto number) : value_(static_cast<double>(number)) {}
  FormatValue(std::signed_integral auto number) : value_(static_cast<std::int64_t>(number)) {}
  FormatValue(std::unsigned_integral auto number) : value_(static_cast<std::uint64_t>(number)) {}
  // NOLINTEND

  const auto& value() const { return value_; }

 private:
  std::variant<std::string_view, double, std::int64_t, std::uint64_t> value_;
};

/// A text with as many places as there are values; one of another number does not compile.
template <typename... Values>
class FormatText {
 public:
  consteval FormatText(const char* text) : text_(text) {  // NOLINT(google-explicit-constructor)
    std::size_t places = 0;
    for (const char* at = text; *at != '\0'; ++at)
      if (*at == '{' && at[1] == '{')
        ++at;
      else if (*at == '{')
        ++places;
    if (places != sizeof...(Values)) throw "the text has another number of places than there are values";
  }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

std::string format_values(std::string_view text, std::span<const FormatValue> values);

template <typename... Values>
std::string formatted(FormatText<std::type_identity_t<Values>...> text, const Values&... values) {
  const std::array<FormatValue, sizeof...(Values)> all{FormatValue(values)...};
  return format_values(text.text(), all);
}

}  // namespace gemmtune
