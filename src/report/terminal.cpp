#include "report/terminal.h"

#include "report/columns.h"
#include "report/phrases.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace gemmtune::report {

namespace {

std::string section(const std::string& title, const std::vector<std::string>& lines, Tone tone,
                    const Screen& screen) {
  if (lines.empty()) return "";
  std::string text = "\n" + screen.painted(title, tone) + "\n";
  for (const std::string& line : lines) text += wrapped(line, 2, screen);
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

/// What only a wide terminal has, the least important first.
constexpr std::array<std::string_view, 6> kOnlyWide = {
    "ties", "torch_carried_us", "triton_carried_us", "deepgemm_carried_us", "tflop_per_j", "name"};

/// What a narrow one does without, the least important first.
constexpr std::array<std::string_view, 6> kDispensable = {
    "candidates", "spread_percent", "gbps", "vs_cublaslt_tensor", "tflops", "percent_of_roof"};

/// What it does without then, where the best peer stands for them.
constexpr std::array<std::string_view, 2> kAmongTheBest = {"vs_triton_carried", "vs_torch_carried"};

std::size_t line_width(const Grid& grid) {
  std::size_t total = 0;
  for (const std::size_t column : column_widths(grid)) total += column + 2;
  return total < 2 ? 0 : total - 2;
}

bool has(const Grid& grid, std::string_view name) {
  return std::ranges::find(grid.columns, name, &Column::name) != grid.columns.end();
}

void drop(Grid& grid, std::string_view name) {
  const auto found = std::ranges::find(grid.columns, name, &Column::name);
  if (found == grid.columns.end()) return;
  const auto at = found - grid.columns.begin();
  grid.columns.erase(found);
  for (auto& row : grid.rows) row.erase(row.begin() + at);
}

Grid fitted(Grid grid, std::size_t most) {
  for (const std::string_view name : kDispensable)
    if (line_width(grid) > most) drop(grid, name);
  if (!has(grid, "vs_best_peer")) return grid;
  for (const std::string_view name : kAmongTheBest)
    if (line_width(grid) > most) drop(grid, name);
  return grid;
}

/// With as many of the columns that are there for people as fit.
Grid fitted_winners(const Report& report, const Screen& screen) {
  if (screen.width > Screen().width) {
    Grid grid = winners_grid(report, Audience::wide_terminal);
    for (const std::string_view name : kOnlyWide)
      if (line_width(grid) > screen.width) drop(grid, name);
    if (line_width(grid) <= screen.width) return grid;
  }
  return fitted(winners_grid(report, Audience::terminal), screen.width);
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t indent, const Screen& screen) {
  const std::size_t most = screen.text_width();
  const std::string hanging(indent + 2, ' ');
  std::string out(indent, ' ');
  std::size_t column = indent, at = 0;
  while (at <= text.size()) {
    const std::size_t blank = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, blank - at);
    if (at > 0 && column + 1 + width(word) > most) {
      out += "\n" + hanging;
      column = hanging.size();
    } else if (at > 0) {
      out += ' ';
      ++column;
    }
    while (column + width(word) > most) {
      const std::size_t comma = word.rfind(',', most - column - 1);
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

std::string aligned(const Grid& grid, const Screen& screen) {
  const std::vector<std::vector<std::string>> lines = lines_of(grid);
  const std::vector<std::size_t> widths = column_widths(grid);
  std::vector<bool> to_the_left;
  for (std::size_t c = 0; c < grid.columns.size(); ++c) to_the_left.push_back(is_text(grid, c));
  std::string text;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string out, blanks;  // blanks at the end of a line are not written
    for (std::size_t c = 0; c < lines[l].size(); ++c) {
      const std::string& cell = lines[l][c];
      const Tone tone = l == 0                            ? Tone::heading
                        : grid.columns[c].tone != nullptr ? grid.columns[c].tone(grid.rows[l - 1][c])
                                                          : Tone::plain;
      const std::string padding(widths[c] - width(cell), ' ');
      if (c > 0) blanks += "  ";
      if (!to_the_left[c]) blanks += padding;
      if (cell.find_first_not_of(' ') != std::string::npos) {
        out += blanks + screen.painted(cell, tone);
        blanks.clear();
      } else {
        blanks += cell;
      }
      if (to_the_left[c]) blanks += padding;
    }
    text += out + "\n";
  }
  return text;
}

std::string terminal(const Report& report, const Screen& screen) {
  const auto paragraph = [&](const std::string& words) { return wrapped(words, 0, screen); };
  std::string text;
  if (report.simulated) text += screen.painted(kSimulatedNotice, Tone::heading) + "\n\n";
  if (const std::string line = provenance(report); !line.empty()) text += paragraph(line) + "\n";
  if (!report.winners.empty()) {
    const Grid winners = fitted_winners(report, screen);
    const Grid means = fitted(ratios_grid(report, Audience::terminal), screen.width);
    text += aligned(winners, screen) + "\n";
    if (!means.rows.empty()) text += aligned(means, screen) + "\n";
    text += paragraph(legend(report, winners, means));
    for (const std::string& line : {steps(report), energy(report)})
      if (!line.empty()) text += "\n" + paragraph(line);
    const std::string roofs = roofline_summary(report, has(winners, "percent_of_roof"));
    if (!roofs.empty()) text += paragraph(roofs);
  } else {
    text += paragraph(hint(report));
  }
  text += section("Accounting errors", accounting_errors(report), Tone::bad, screen);
  text += section("Failed", failures(report), Tone::bad, screen);
  text += section("Warnings", sentences(report.warnings), Tone::doubtful, screen);
  text += section("Not supported", unsupported(report), Tone::doubtful, screen);
  return text;
}

}  // namespace gemmtune::report
