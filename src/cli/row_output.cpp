#include "cli/row_output.h"

#include "report/json.h"
#include "report/phrases.h"
#include "util/text.h"

#include <algorithm>

namespace gemmtune::cli {

namespace {

/// A list of the objects that JSON Lines has one a line.
std::string json_list(const std::string& lines) {
  std::string text;
  for (const std::string& line : split(lines, '\n'))
    if (!line.empty()) text += (text.empty() ? "[\n" : ",\n") + line;
  return text.empty() ? "[]\n" : text + "\n]\n";
}

}  // namespace

std::string render_rows(const std::vector<Row>& rows, const report::Grid& for_people,
                        const OutputOptions& output) {
  switch (report::parse_format(output.format)) {
    case report::Format::json:
      return json_list(report::json_lines(rows));
    case report::Format::jsonl:
      return report::json_lines(rows);
    case report::Format::csv:
      return report::csv(rows);
    case report::Format::table:
    case report::Format::md:
      break;
  }
  const bool simulated = std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.simulated; });
  const report::Screen screen = screen_of(output);
  return (simulated ? screen.painted(report::kSimulatedNotice, report::Tone::heading) + "\n\n" : "") +
         report::render(for_people, report::parse_format(output.format), screen);
}

std::optional<Pieces> rows_in_pieces(const std::vector<Row>& rows, const OutputOptions& output) {
  if (output.format == "jsonl") return [&rows](const Sink& sink) { report::json_lines(rows, sink); };
  if (output.format == "csv") return [&rows](const Sink& sink) { report::csv(rows, sink); };
  return std::nullopt;
}

report::Tone outcome_tone(const report::Cell& cell) {
  const std::string* outcome = std::get_if<std::string>(&cell);
  if (outcome == nullptr) return report::Tone::plain;
  return *outcome == to_string(Invalidity::correct) ? report::Tone::good : report::Tone::bad;
}

report::Cell cell(const std::optional<double>& value) {
  return value ? report::Cell(*value) : report::Cell();
}

}  // namespace gemmtune::cli
