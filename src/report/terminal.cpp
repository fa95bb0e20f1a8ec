#include "report/terminal.h"

#include "report/columns.h"
#include "report/phrases.h"

#include <algorithm>

namespace gemmtune::report {

namespace {

constexpr std::size_t kWidth = 100;

std::string section(const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string text = "\n" + title + "\n";
  for (const std::string& line : lines) text += wrapped(line, 2);
  return text;
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
  std::vector<std::vector<std::string>> lines(grid.rows.size() + 1);
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < grid.columns.size(); ++c) {
    lines[0].push_back(grid.columns[c].header);
    for (std::size_t r = 0; r < grid.rows.size(); ++r)
      lines[r + 1].push_back(for_people(grid.rows[r][c], grid.columns[c]));
    std::size_t widest = 0;
    for (const auto& line : lines) widest = std::max(widest, width(line[c]));
    widths.push_back(widest);
  }
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
    text += aligned(winners_grid(report, Audience::terminal)) + "\n" +
            aligned(ratios_grid(report, Audience::terminal)) + "\n";
    text += wrapped(legend(report));
  } else {
    text += wrapped(hint(report));
  }
  text += section("Failed", failures(report));
  text += section("Warnings", sentences(report.warnings));
  text += section("Not supported", unsupported(report));
  return text;
}

}  // namespace gemmtune::report
