#include "core/serialise.h"
#include "report/in_order.h"
#include "report/json.h"

#include <utility>

namespace gemmtune::report {

namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

/// A text that begins like a formula is one to a spreadsheet: an apostrophe before it says that it is none.
std::string field_of(const Cell& cell) {
  const std::string text = for_files(cell);
  const bool is_text = std::holds_alternative<std::string>(cell) || std::holds_alternative<Config>(cell);
  const bool formula =
      is_text && !text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos;
  return formula ? "'" + text : text;
}

std::string line_of(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += quoted(field) + ",";
  line.back() = '\n';
  return line;
}

Cell to_cell(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_boolean()) return std::int64_t{value.get<bool>()};
  if (value.is_number_unsigned())
    return std::to_string(value.get<std::uint64_t>());  // a seed may not fit 63 bits
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_object()) return from_json<Config>(value);
  if (!value.is_array()) return value.get<std::string>();
  std::string joined;
  for (const Json& element : value) joined += (joined.empty() ? "" : " ") + for_files(to_cell(element));
  return joined;
}

/// The journal's own field list is the list of columns.
std::vector<std::pair<std::string, Cell>> flat(const Row& row) {
  std::vector<std::pair<std::string, Cell>> cells;
  const Json json = to_json(row);
  for (const auto& [name, value] : json.items()) {
    if (name == "record") continue;
    if (name == "counters") {
      const Counters counters = row.counters.value_or(Counters());
      for (const CounterField& field : kCounterFields) {
        const std::optional<double>& counted = counters.*field.value;
        cells.emplace_back(field.key, counted ? Cell(*counted) : Cell());
      }
      continue;
    }
    if (name != "problem") {
      cells.emplace_back(name, to_cell(value));
      continue;
    }
    for (const auto& [member, of_problem] : value.items()) cells.emplace_back(member, to_cell(of_problem));
  }
  return cells;
}

}  // namespace

std::string csv(const Grid& grid) {
  std::vector<std::string> fields;
  for (const Column& column : grid.columns) fields.push_back(column.name);
  std::string text = line_of(fields);
  for (const auto& row : grid.rows) {
    fields.clear();
    for (const Cell& cell : row) fields.push_back(field_of(cell));
    text += line_of(fields);
  }
  return text;
}

void csv(const std::vector<Row>& rows, const Sink& sink) {
  std::vector<std::string> fields;
  const Row blank;
  for (const auto& [name, cell] : flat(blank)) fields.push_back(name);
  sink(line_of(fields));
  const auto lines = [&](std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) {
      std::vector<std::string> of_row;
      for (const auto& [name, cell] : flat(rows[i])) of_row.push_back(field_of(cell));
      text += line_of(of_row);
    }
    return text;
  };
  in_order(rows.size(), lines, sink);
}

std::string csv(const std::vector<Row>& rows) {
  std::string text;
  csv(rows, [&](std::string_view line) { text += line; });
  return text;
}

}  // namespace gemmtune::report
