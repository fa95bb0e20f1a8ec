// One line a problem, with the columns of `gemmtune report --format csv` for a table.
#include "export/formats.h"
#include "export/table_reader.h"
#include "report/columns.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>

namespace gemmtune::exports {

namespace {

/// Fields of a line by RFC 4180: quoted where they hold a comma or a quote.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[i++];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += line[i];
  }
  return fields;
}

template <typename Number>
Number number(const std::string& text) {
  Number value{};
  ensure(parse_whole(text, value), "a column of numbers holds \"" + text + "\"");
  return value;
}

/// The fields of one line by the names in the first.
class Line {
 public:
  Line(const std::vector<std::string>& header, std::string_view text)
      : header_(header), fields_(fields_of(text)) {
    ensure(fields_.size() == header.size(), "a line has other columns than the header");
  }

  bool has(std::string_view column) const { return std::ranges::find(header_, column) != header_.end(); }

  const std::string& at(std::string_view column) const {
    const auto found = std::find(header_.begin(), header_.end(), column);
    ensure(found != header_.end(), "no column " + std::string(column));
    return fields_[static_cast<std::size_t>(found - header_.begin())];
  }

 private:
  const std::vector<std::string>& header_;
  std::vector<std::string> fields_;
};

ReadEntry entry_of(const Line& line) {
  ReadEntry read;
  read.problem = problem_of([&](const char* key) { return line.at(key); }, line.has("groups"));
  for (const std::string& parameter : split(line.at("config"), ',')) {
    const std::size_t equals = parameter.find('=');
    ensure(equals != std::string::npos, "a configuration holds \"" + parameter + "\"");
    read.config[parameter.substr(0, equals)] = number<std::int64_t>(parameter.substr(equals + 1));
  }
  read.time_us = number<double>(line.at("time_us"));
  return read;
}

}  // namespace

Files write_csv(const Source& source) {
  const report::Report report = report::make_report(source.table, source.journal, nullptr, source.ceilings);
  return {{"", report::render(winners_grid(report, report::Audience::files), report::Format::csv)}};
}

report::Grid read_back_csv(const Files& files, const Source& source) {
  const std::vector<std::string> lines = split(files.at(0).bytes, '\n');
  const std::vector<std::string> header = fields_of(lines.front());
  std::vector<ReadEntry> entries;
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (!lines[i].empty()) entries.push_back(entry_of(Line(header, lines[i])));
  return what_every_m_gets(entries, source);
}

}  // namespace gemmtune::exports
