#include "report/terminal.h"

#include "report/columns.h"
#include "report/phrases.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace gemmtune::report {

namespace {

constexpr std::size_t kWidth = 80;

std::string section(const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string text = "\n" + title + "\n";
  for (const std::string& line : lines) text += wrapped(line, 2);
  return text;
}

/// The header and every row as texts.
std::vector<std::vector<std::string>> lines_of(const Grid& grid) {
  std::vector<std::vector<std::string>> lines(grid.rows.size() + 1);
  for (std::size_t c = 0; c < grid.columns.size(); ++c) {
    lines[0].push_back(grid.columns[c].header);
    for (std::size_t r = 0; r < grid.rows.size(); ++r)
      lines[r + 1].push_back(for_people(grid.rows[r][c], grid.columns[c]));
  }
  return lines;
}

std::vector<std::size_t> column_widths(const Grid& grid) {
  std::vector<std::size_t> widths(grid.columns.size());
  for (const auto& line : lines_of(grid))
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width(line[c]));
  return widths;
}

/// What a narrow terminal does without, the least important first.
constexpr std::array<std::string_view, 6> kDispensable = {
    "candidates", "spread_percent", "gbps", "vs_cublaslt_tensor", "tflops", "percent_of_roof"};

/// What it does without then, where the best peer stands for them.
constexpr std::array<std::string_view, 2> kAmongTheBest = {"vs_triton_carried", "vs_torch_carried"};

std::size_t line_width(const Grid& grid) {
  std::size_t total = 0;
  for (const std::size_t column : column_widths(grid)) total += column + 2;
  return total < 2 ? 0 : total - 2;
}

void drop(Grid& grid, std::string_view name) {
  const auto found = std::ranges::find(grid.columns, name, &Column::name);
  if (found == grid.columns.end()) return;
  const auto at = found - grid.columns.begin();
  grid.columns.erase(found);
  for (auto& row : grid.rows) row.erase(row.begin() + at);
}

Grid fitted(Grid grid) {
  for (const std::string_view name : kDispensable)
    if (line_width(grid) > kWidth) drop(grid, name);
  if (std::ranges::find(grid.columns, "vs_best_peer", &Column::name) == grid.columns.end()) return grid;
  for (const std::string_view name : kAmongTheBest)
    if (line_width(grid) > kWidth) drop(grid, name);
  return grid;
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t indent) {
  const std::string hanging(indent + 2, ' ');
  std::string out(indent, ' ');
  std::size_t column = indent, at = 0;
  while (at <= text.size()) {
    const std::size_t blank = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, blank - at);
    if (at > 0 && column + 1 + width(word) > kWidth) {
      out += "\n" + hanging;
      column = hanging.size();
    } else if (at > 0) {
      out += ' ';
      ++column;
    }
    while (column + width(word) > kWidth) {
      const std::size_t comma = word.rfind(',', kWidth - column - 1);
      if (comma == std::string::npos) break;
      out += word.substr(0, comma + 1) + "\n" + hanging;
      column = hanging.size();
      word.erase(0, comma + 1);
    }
    out += word;
    column += width(word);
    at = blank + 1;
  }
  return out + "\n";
}

std::string aligned(const Grid& grid) {
  const std::vector<std::vector<std::string>> lines = lines_of(grid);
  const std::vector<std::size_t> widths = column_widths(grid);
  std::string text;
  for (const auto& line : lines) {
    std::string out;
    for (std::size_t c = 0; c < line.size(); ++c) {
      const std::string padding(widths[c] - width(line[c]), ' ');
      if (c > 0) out += "  ";
      out += is_text(grid, c) ? line[c] + padding : padding + line[c];
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + "\n";
  }
  return text;
}

std::string terminal(const Report& report) {
  std::string text;
  if (report.simulated) text += std::string(kSimulatedNotice) + "\n\n";
  if (const std::string line = provenance(report); !line.empty()) text += wrapped(line) + "\n";
  if (!report.winners.empty()) {
    const Grid winners = fitted(winners_grid(report, Audience::terminal));
    text += aligned(winners) + "\n" + aligned(fitted(ratios_grid(report, Audience::terminal))) + "\n";
    text += wrapped(legend(report, winners));
    if (const std::string line = energy(report); !line.empty()) text += "\n" + wrapped(line);
    if (const std::string roofs = roofline_summary(report); !roofs.empty()) text += wrapped(roofs);
  } else {
    text += wrapped(hint(report));
  }
  text += section("Accounting errors", accounting_errors(report));
  text += section("Failed", failures(report));
  text += section("Warnings", sentences(report.warnings));
  text += section("Not supported", unsupported(report));
  return text;
}

}  // namespace gemmtune::report
