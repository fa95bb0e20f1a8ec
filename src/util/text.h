// Small operations on text that several folders need.
#pragma once

#include <charconv>
#include <chrono>
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

/// In UTC, ISO 8601 with milliseconds: `2026-11-21T09:21:00.123Z`.
std::string timestamp_utc(std::chrono::system_clock::time_point at = std::chrono::system_clock::now());

/// A millisecond later; the same text where it is no such timestamp, or the last one of the year 9999.
std::string timestamp_after(const std::string& timestamp);

/// Removes control characters, so that text from files cannot drive the terminal. What is no UTF-8 becomes
/// U+FFFD: to a terminal of another encoding it may be a control character too.
std::string printable(std::string_view text);

/// The same for text that has lines.
std::string printable_lines(std::string_view text);

/// The same, with `instead` for each control character that is not among `kept`.
std::string without_controls(std::string_view text, std::string_view instead, std::string_view kept = "");

/// With a blank in what a CI would take for a command to itself: `::error::` or `##vso[` at the start of a
/// line of its log, blanks aside.
std::string without_log_commands(std::string_view text);

}  // namespace gemmtune
