#include "util/text.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <numeric>

namespace gemmtune {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

/// Bytes of the character of UTF-8 that `text` begins with; 0 when it begins with none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  // Longer than need be, halves of UTF-16 pairs, above U+10FFFF.
  const unsigned char second = byte(1);
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second >= 0xa0) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second >= 0x90) return 0;
  return length;
}

/// U+0080 to U+009F drive terminals as well as those below U+0020.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7f || (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);
}

using Moment = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// Also before 1970, when the clock was never set.
std::string timestamp_of(Moment moment) {
  const auto second = std::chrono::floor<std::chrono::seconds>(moment);
  const std::time_t seconds = second.time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::string fraction = std::to_string((moment - second).count());
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::string(text, length) + "." + fraction + "Z";
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 2) + 1;
  for (std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return std::string(best);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string candidate = nearest(word, candidates);
  return candidate.empty() ? "" : " (did you mean \"" + candidate + "\"?)";
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) text += separator;
    text += part;
  }
  return text;
}

std::string timestamp_utc(std::chrono::system_clock::time_point at) {
  return timestamp_of(std::chrono::floor<std::chrono::milliseconds>(at));
}

std::string timestamp_after(const std::string& timestamp) {
  std::tm utc{};
  int milliseconds = 0, length = 0;
  if (std::sscanf(timestamp.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &utc.tm_year, &utc.tm_mon,
                  &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &milliseconds, &length) != 7 ||
      static_cast<std::size_t>(length) != timestamp.size())
    return timestamp;
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  const auto then = std::chrono::milliseconds(std::int64_t{timegm(&utc)} * 1000 + milliseconds + 1);
  const std::string after = timestamp_of(Moment(then));
  return after > timestamp ? after : timestamp;  // the year 10000 is none
}

std::string printable(std::string_view text) {
  return without_controls(text, "");
}

std::string without_log_commands(std::string_view text) {
  std::string clean;
  bool at_start = true;
  for (const char c : text) {
    // Two of the same at the start of a line.
    const bool second = at_start && !clean.empty() && (c == ':' || c == '#') && clean.back() == c;
    if (second) clean += ' ';
    const bool first = at_start && !second && (c == ':' || c == '#');
    at_start = c == '\n' || first || (at_start && (c == ' ' || c == '\t'));
    clean += c;
  }
  return clean;
}

std::string printable_lines(std::string_view text) {
  return without_controls(text, "", "\n\t");
}

std::string without_controls(std::string_view text, std::string_view instead, std::string_view kept) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0)
      clean += "\ufffd";
    else if (is_control(character) && kept.find(character) == std::string_view::npos)
      clean += instead;
    else
      clean += character;
    text.remove_prefix(character.size());
  }
  return clean;
}

}  // namespace gemmtune
