#include "report/grid.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/terminal.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <array>

namespace gemmtune::report {

namespace {

/// In the order of Format.
constexpr std::array<std::string_view, 5> kNames = {"table", "json", "jsonl", "csv", "md"};

}  // namespace

std::span<const std::string_view> format_names() {
  return kNames;
}

Format parse_format(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end())
    throw UserError("--format: unknown format \"" + printable(name) + "\"" + did_you_mean(name, kNames));
  return static_cast<Format>(found - kNames.begin());
}

std::string render(const Grid& grid, Format format, const Screen& screen) {
  switch (format) {
    case Format::json:
      return json(grid);
    case Format::jsonl:
      return json_lines(grid);
    case Format::csv:
      return csv(grid);
    case Format::md:
      return markdown_table(grid);
    case Format::table:
      break;
  }
  return aligned(grid, screen);
}

}  // namespace gemmtune::report
