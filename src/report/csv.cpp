#include "core/fields_of_problem.h"
#include "core/groups.h"
#include "core/serialise.h"
#include "report/in_order.h"
#include "report/json.h"

#include <algorithm>
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
std::string no_formula(std::string text) {
  const bool formula = !text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos;
  return formula ? "'" + text : text;
}

std::string field_of(const Cell& cell) {
  const bool is_text = std::holds_alternative<std::string>(cell) || std::holds_alternative<Config>(cell);
  return is_text ? no_formula(for_files(cell)) : for_files(cell);
}

std::string line_of(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += quoted(field) + ",";
  line.back() = '\n';
  return line;
}

/// Of a member of a row.
std::string field_of(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  if (value.is_number()) return for_files(value.get<double>());
  if (value.is_string()) return no_formula(one_line(value.get_ref<const std::string&>()));
  if (value.is_object()) return no_formula(one_line(describe(from_json<Config>(value))));
  std::string joined;
  for (const Json& element : value) {
    const bool text = element.is_string();
    joined += (joined.empty() ? "" : " ") +
              (text ? one_line(element.get_ref<const std::string&>()) : field_of(element));
  }
  return no_formula(joined);
}

/// Those of groups are columns where one of the rows has groups. Rows have a seed of their own.
template <typename Take>
void flatten(const Problem& problem, bool with_groups, const Take& take) {
  const Json json = to_json(problem);
  for (const ProblemField& field : kProblemFields) {
    if (!with_groups && (field.is & ProblemField::kGroups) != 0) continue;
    const auto found = json.find(field.key);
    take(field.key == std::string_view("seed") ? "group_seed" : field.key,
         found == json.end() ? "" : field_of(*found));
  }
}

/// The journal's own field list is the list of columns. `take` gets the name and the field of each.
template <typename Take>
void flatten(const Row& row, bool with_groups, const Take& take) {
  const Json json = to_json(row);
  for (const auto& [name, value] : json.get_ref<const Json::object_t&>()) {
    if (name == "record") continue;
    if (name == "counters") {
      const Counters counters = row.counters.value_or(Counters());
      for (const CounterField& field : kCounterFields) {
        const std::optional<double>& counted = counters.*field.value;
        take(field.key, counted ? for_files(*counted) : "");
      }
    } else if (name == "problem") {
      flatten(row.problem, with_groups, take);
    } else {
      take(name, field_of(value));
    }
  }
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
  const bool groups = std::ranges::any_of(rows, [](const Row& row) { return is_grouped(row.problem); });
  std::vector<std::string> fields;
  flatten(Row(), groups, [&](const std::string& name, const std::string&) { fields.push_back(name); });
  sink(line_of(fields));
  const auto lines = [&](std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) {
      std::vector<std::string> of_row;
      flatten(rows[i], groups, [&](const auto&, std::string field) { of_row.push_back(std::move(field)); });
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
