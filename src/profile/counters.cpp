#include "profile/counters.h"

#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <vector>

namespace gemmtune::profile {

namespace {

/// The fields of one line; quotes inside quotes are doubled.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else if (c != '\r')
      fields.back() += c;
  }
  return fields;
}

/// "1,234.5" is a number of ncu's.
bool parse_number(std::string text, double& into) {
  std::erase(text, ',');
  return parse_whole(text, into);
}

/// The rows from the line of names on; what ncu says before it ("==PROF== ...") is none.
std::vector<std::vector<std::string>> table_of(std::string_view csv) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : split(csv, '\n'))
    if (line.starts_with("\"ID\"") || (!rows.empty() && line.starts_with('"')))
      rows.push_back(fields_of(line));
  return rows;
}

}  // namespace

Counters read_counters(std::string_view csv, const std::string& source) {
  const auto table = table_of(csv);
  constexpr std::size_t kNames = 0, kUnits = 1, kFirst = 2;
  if (table.size() <= kFirst)
    throw UserError(source + ": ncu has recorded no launch; what it said of it stands above");
  if (table.size() > kFirst + 1)
    throw UserError(source + ": holds " + std::to_string(table.size() - kFirst) +
                    " launches; one was expected, as `gemmtune profile` makes it");
  const auto& names = table[kNames];
  const auto& units = table[kUnits];
  const auto& values = table[kFirst];
  Counters counters;
  const std::size_t columns = std::min({names.size(), units.size(), values.size()});
  for (std::size_t i = 0; i < columns; ++i)
    // The columns before the counters (process, stream, device) have no dots and underscores in their names.
    if (Counter counter{0, units[i]};
        names[i].find("__") != names[i].npos && parse_number(values[i], counter.value))
      counters.emplace(names[i], counter);
  return counters;
}

}  // namespace gemmtune::profile
