#include "report/grid.h"

#include "family/family.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemmtune::report {

namespace {

/// The fewest digits that read back as the same number.
std::string shortest(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), end.ptr};
}

}  // namespace

bool is_text(const Grid& grid, std::size_t column) {
  return std::any_of(grid.rows.begin(), grid.rows.end(), [&](const auto& row) {
    return std::holds_alternative<std::string>(row[column]) || std::holds_alternative<Config>(row[column]);
  });
}

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return shortest(value);
  std::array<char, 400> text{};  // the largest double has 309 digits before the point
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits);
  return {text.data(), end.ptr};
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string one_line(std::string_view text) {
  return without_controls(text, " ");
}

namespace {

using Parameters = std::vector<const family::Parameter*>;

/// Of the kernel that the configuration fits best: those that have a short form, in its order; what joins
/// another stands in its group.
std::vector<Parameters> brief_groups(const Config& config) {
  Parameters best;
  for (const family::Family* family : family::all()) {
    Parameters its;
    for (const family::Parameter& parameter : family->parameters())
      if (config.contains(std::string(parameter.name))) its.push_back(&parameter);
    if (its.size() > best.size()) best = std::move(its);
  }
  std::ranges::sort(best, {}, [](const family::Parameter* parameter) { return parameter->brief.place; });
  std::vector<Parameters> groups;
  for (const family::Parameter* parameter : best) {
    if (parameter->brief.place == 0) continue;
    if (parameter->brief.before != "x" || groups.empty()) groups.emplace_back();
    groups.back().push_back(parameter);
  }
  return groups;
}

}  // namespace

std::string short_form(const Config& config) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  std::set<std::string_view> told;
  for (const Parameters& group : brief_groups(config)) {
    std::string part;
    bool unusual = false;
    for (const family::Parameter* parameter : group) {
      const family::Brief& brief = parameter->brief;
      const std::int64_t value = config.at(std::string(parameter->name));
      told.insert(parameter->name);
      unusual = unusual || value != brief.usual;
      part += std::string(brief.before) + (brief.with_value ? std::to_string(value) : "") +
              std::string(brief.after);
    }
    if (unusual) add(part);
  }
  for (const auto& [name, number] : config)
    if (!told.contains(name)) add(one_line(name) + "=" + std::to_string(number));
  return text;
}

std::string for_files(const Cell& cell) {
  struct Print {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return shortest(number); }
    std::string operator()(const std::string& text) const { return one_line(text); }
    std::string operator()(const Config& config) const { return one_line(describe(config)); }
  };
  return std::visit(Print{}, cell);
}

std::string for_people(const Cell& cell, const Column& column) {
  if (std::holds_alternative<std::monostate>(cell)) return "-";
  if (const double* number = std::get_if<double>(&cell)) return fixed(*number, column.digits);
  if (const Config* config = std::get_if<Config>(&cell)) return short_form(*config);
  return for_files(cell);
}

}  // namespace gemmtune::report
