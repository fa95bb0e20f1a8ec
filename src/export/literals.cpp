#include "export/literals.h"

#include "core/groups.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>

namespace gemmtune::exports {

namespace {

bool is_identifier(const std::string& name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && is_lower(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_lower(c) || is_digit(c) || c == '_';
  });
}

}  // namespace

std::string string_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string number_literal(double value) {
  std::string text = formatted("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::set<std::string> parameters_of(const Source& source) {
  if (source.table.entries.empty())
    throw UserError(source.name + ": the table has no entries; \"gemmtune report\" says what failed");
  std::set<std::string> names;
  for (const TableEntry& entry : source.table.entries)
    for (const auto& [name, value] : entry.config) {
      if (!is_identifier(name))
        throw UserError(source.name + ": \"" + printable(name) + "\" cannot be a name in generated code");
      names.insert(name);
    }
  return names;
}

void refuse_groups(const Source& source, const std::string& format) {
  for (const TableEntry& entry : source.table.entries)
    if (is_grouped(entry.problem))
      throw UserError(source.name + ": " + describe(entry.problem) + ": find() of --format " + format +
                      " asks for no groups; --format json and csv hold them");
}

std::vector<Constant> provenance(const Source& source) {
  const Environment& e = source.table.environment;
  return {{"device", e.device},     {"driver", e.driver},   {"nvrtc", e.nvrtc},
          {"revision", e.revision}, {"kernels", e.kernels}, {"policy", source.table.policy}};
}

std::string json_between(const std::string& text, std::string_view begin, std::string_view end, bool braces) {
  const std::size_t first = text.find(begin);
  ensure(first != std::string::npos, "generated code lacks " + std::string(begin));
  const std::size_t from = first + begin.size();
  const std::size_t to = text.find(end, from);
  ensure(to != std::string::npos, "generated code lacks " + std::string(end));
  std::string json = "[";
  bool in_string = false;
  for (std::size_t i = from; i < to; ++i) {
    if (in_string && text[i] == '\\') {  // what it escapes is no end
      json.append(text, i++, 2);
      continue;
    }
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    json += in_string || !braces ? c : c == '{' ? '[' : c == '}' ? ']' : c;
  }
  return json + "]";
}

}  // namespace gemmtune::exports
