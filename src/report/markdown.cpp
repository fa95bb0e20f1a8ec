#include "report/markdown.h"

#include "report/columns.h"
#include "report/phrases.h"
#include "util/error.h"

namespace gemmtune::report {

namespace {

std::string section(const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string text = "\n## " + title + "\n\n";
  for (const std::string& line : lines) text += "- " + escape_markdown(line) + "\n";
  return text;
}

std::string notice(const Report& report) {
  return report.simulated ? "**" + std::string(kSimulatedNotice) + "**\n\n" : "";
}

}  // namespace

std::string escape_markdown(std::string_view text) {
  std::string escaped;
  for (const char c : one_line(text)) {
    if (c == '<')
      escaped += "&lt;";
    else if (c == '&')
      escaped += "&amp;";
    else if (c == '@')  // nobody is called to a pull request by a layer's name
      escaped += "@&#8203;";
    else if (std::string_view("|\\`*_[~#$").find(c) != std::string_view::npos)
      (escaped += '\\') += c;
    else
      escaped += c;
  }
  return escaped;
}

std::string markdown_table(const Grid& grid) {
  std::string text = "|", rule = "|";
  for (std::size_t c = 0; c < grid.columns.size(); ++c) {
    text += " " + escape_markdown(grid.columns[c].header) + " |";
    rule += is_text(grid, c) ? " --- |" : " --: |";
  }
  text += "\n" + rule + "\n";
  for (const auto& row : grid.rows) {
    text += "|";
    for (std::size_t c = 0; c < row.size(); ++c)
      text += " " + escape_markdown(for_people(row[c], grid.columns[c])) + " |";
    text += "\n";
  }
  return text;
}

std::string markdown_block(const Report& report) {
  const Grid winners = winners_grid(report, Audience::page);
  std::string text = notice(report) + escape_markdown(provenance(report)) + "\n\n";
  const Grid means = ratios_grid(report, Audience::page);
  text += markdown_table(winners) + "\n";
  if (!means.rows.empty()) text += markdown_table(means) + "\n";
  text += escape_markdown(legend(report, winners, means)) + "\n";
  for (const std::string& line : {steps(report), energy(report), roofline_summary(report)})
    if (!line.empty()) text += "\n" + escape_markdown(line) + "\n";
  return text;
}

std::string markdown(const Report& report) {
  const std::string& device = report.environment.device;
  std::string text = "# Tuning results" + (device.empty() ? "" : ": " + escape_markdown(device)) + "\n\n";
  text +=
      report.winners.empty() ? notice(report) + escape_markdown(hint(report)) + "\n" : markdown_block(report);
  text += section("Accounting errors", accounting_errors(report));
  text += section("Where the time went", wall_time(report));
  text += section("Failed candidates", failures(report));
  text += section("Warnings", sentences(report.warnings));
  text += section("Problems that no candidate supports", unsupported(report));
  text += section("Configurations ruled out, by constraint", pruned(report));
  return text + section("Damaged lines of the journal", report.damaged);
}

std::string replace_results(const std::string& text, const std::string& name, const std::string& block,
                            const std::string& file) {
  const std::string begin = "<!-- results:" + name + " -->", end = "<!-- /results -->";
  const std::size_t from = text.find(begin);
  const std::size_t to = from == std::string::npos ? from : text.find(end, from);
  if (to == std::string::npos)
    throw UserError(file + ": no place for the results; put these two lines where they belong:\n" + begin +
                    "\n" + end);
  return text.substr(0, from + begin.size()) + "\n" + block + text.substr(to);
}

}  // namespace gemmtune::report
