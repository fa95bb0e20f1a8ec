#include "profile/counters.h"

#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <vector>

namespace gemmtune::profile {

namespace {

/// "1,234.5" is a number of ncu's.
bool parse_number(std::string text, double& into) {
  std::erase(text, ',');
  return parse_whole(text, into);
}

/// The line of names and those with as many fields: the others are what ncu says around the table ("==PROF==
/// ..."). Quotes are taken away; what is between them may hold commas and line ends.
std::vector<std::vector<std::string>> table_of(std::string_view csv) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (const char c : csv.substr(std::min(csv.find("\"ID\""), csv.size()))) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      rows.back().emplace_back();
    else if (c == '\n' && !quoted)
      rows.push_back({""});
    else
      rows.back().back() += c;
  }
  const std::size_t columns = rows.front().size();
  std::erase_if(rows, [columns](const auto& row) { return row.size() != columns; });
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
  for (std::size_t i = 0; i < names.size(); ++i)
    // The columns before the counters (process, stream, device) have no dots and underscores in their names.
    if (Counter counter{0, units[i]};
        names[i].find("__") != names[i].npos && parse_number(values[i], counter.value))
      counters.emplace(names[i], counter);
  return counters;
}

}  // namespace gemmtune::profile
