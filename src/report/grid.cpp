#include "report/grid.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

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

std::string short_form(const Config& config) {
  const auto value = [&](const char* name) {
    const auto found = config.find(name);
    return found == config.end() ? "" : std::to_string(found->second);
  };
  static constexpr std::array<std::string_view, 11> kKnown = {
      "block_m",   "block_n", "k_groups", "split_k",     "stages", "cluster_m",
      "cluster_n", "num_sms", "raster",   "evict_first", "swap_ab"};
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  if (config.contains("block_m") && config.contains("block_n"))
    add(value("block_m") + "x" + value("block_n"));
  if (config.contains("swap_ab") && value("swap_ab") != "0") add("swap");
  if (config.contains("k_groups") && value("k_groups") != "1") add("k" + value("k_groups"));
  if (config.contains("split_k") && value("split_k") != "1") add("split" + value("split_k"));
  if (config.contains("stages")) add("s" + value("stages"));
  const std::string cluster = value("cluster_m") + "x" + value("cluster_n");
  if (cluster != "x" && cluster != "1x1") add("c" + cluster);
  if (config.contains("num_sms")) add(value("num_sms") + "sm");
  if (config.contains("raster")) add("r" + value("raster"));
  if (config.contains("evict_first") && value("evict_first") != "0") add("e" + value("evict_first"));
  for (const auto& [name, number] : config)
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end())
      add(one_line(name) + "=" + std::to_string(number));
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
