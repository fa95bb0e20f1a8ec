#include "report/warnings.h"

#include "core/warnings.h"
#include "report/grid.h"

#include <algorithm>

namespace gemmtune::report {

void count_warnings(const Row& row, WarningCounts& counts, const ColdReadFloor* floor) {
  if (row.invalidity != Invalidity::correct || !row.time_us) return;
  const auto add = [&](const std::string& code) {
    WarningCount& count = counts[code];
    ++count.rows;
    if (row.stage != Stage::screen) ++count.raced;
  };
  for (const std::string& code : row.warnings) add(code);
  if (floor != nullptr && beats_memory(row, floor) &&
      std::ranges::find(row.warnings, warning::kColdBeatsMemory) == row.warnings.end())
    add(warning::kColdBeatsMemory);
}

std::vector<std::string> sentences(const WarningCounts& counts) {
  std::vector<std::string> lines;
  for (const auto& [code, count] : counts) {
    std::string line = one_line(code) + ": " + std::to_string(count.rows) +
                       (count.rows == 1 ? " row, " : " rows, ") + std::to_string(count.raced) +
                       " of a final race";
    if (const Warning* known = find_warning(code))
      line += std::string("; ") + known->meaning + " " + known->advice;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace gemmtune::report
