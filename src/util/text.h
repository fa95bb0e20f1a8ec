// Small operations on text that several folders need.
#pragma once

#include <charconv>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace gemmtune {

/// The candidate nearest to `word` by edit distance, or empty when none is near enough to be a likely slip.
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

/// ` (did you mean "x"?)`, or nothing when no candidate is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

std::vector<std::string> split(std::string_view text, char separator);

std::string join(std::span<const std::string> parts, std::string_view separator);

/// Whether the whole of `text` is one number that fits `into`; `into` is unspecified when it is not.
template <typename Number>
bool parse_whole(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Now in UTC, ISO 8601 with milliseconds: `2026-11-21T09:21:00.123Z`.
std::string timestamp_utc();

/// A millisecond later; the same text where it is no such timestamp, or the last one of the year 9999.
std::string timestamp_after(const std::string& timestamp);

/// Removes control characters, so that text from files cannot drive the terminal.
std::string printable(std::string_view text);

}  // namespace gemmtune
