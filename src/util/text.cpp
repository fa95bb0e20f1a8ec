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

std::string timestamp_utc() {
  return timestamp_of(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
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
  std::string clean;
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) clean += c;
  return clean;
}

}  // namespace gemmtune
