#include "report/ceilings.h"

#include <algorithm>
#include <cmath>

namespace gemmtune::report {

namespace {

Cell known(double value) {
  return value != 0 ? Cell(value) : Cell();
}

/// `1718`, `55.2`, `0.93`: three digits at least.
std::string short_value(double value) {
  const int digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fixed(value, digits);
}

/// To the right, as numbers stand.
std::string padded(const std::string& text) {
  constexpr std::size_t kWidth = 5;
  return text.size() < kWidth ? std::string(kWidth - text.size(), ' ') + text : text;
}

std::string short_size(std::int64_t bytes) {
  constexpr std::int64_t kMiB = std::int64_t{1} << 20, kGiB = std::int64_t{1} << 30;
  if (bytes == 0) return "";
  return bytes >= kGiB ? short_value(static_cast<double>(bytes) / kGiB) + " GiB"
                       : std::to_string(bytes / kMiB) + " MiB";
}

/// Half the interval, in percent of the value.
double spread_percent(const Ceiling& c) {
  return 50 * (c.high - c.low) / c.value;
}

void drop_empty_columns(Grid& grid) {
  for (std::size_t c = grid.columns.size(); c-- > 0;) {
    const bool empty = std::ranges::all_of(
        grid.rows, [&](const auto& row) { return std::holds_alternative<std::monostate>(row[c]); });
    if (!empty || grid.rows.empty()) continue;
    grid.columns.erase(grid.columns.begin() + static_cast<std::ptrdiff_t>(c));
    for (auto& row : grid.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
  }
}

}  // namespace

Grid ceilings_grid(const Ceilings& ceilings, bool for_people) {
  Grid grid;
  if (for_people)
    grid.columns = {{"name", "ceiling"},        {"regime", "regime"}, {"bytes", "size"},
                    {"value", "value"},         {"unit", "unit"},     {"spread_percent", "±%", 1},
                    {"sm_clock_mhz", "MHz", 0}, {"power_w", "W", 0},  {"temperature_c", "°C", 0}};
  else
    grid.columns = {{"name", ""},     {"regime", ""},       {"bytes", ""},   {"flops", ""},
                    {"value", ""},    {"low", ""},          {"high", ""},    {"unit", ""},
                    {"time_us", ""},  {"sm_clock_mhz", ""}, {"power_w", ""}, {"temperature_c", ""},
                    {"throttle", ""}, {"how", ""}};
  for (const Ceiling& c : ceilings.ceilings) {
    const std::string regime(to_string(c.regime));
    if (for_people)
      grid.rows.push_back({c.name, regime, short_size(c.bytes), padded(short_value(c.value)), c.unit,
                           spread_percent(c), known(c.sm_clock_mhz), known(c.power_w),
                           known(c.temperature_c)});
    else
      grid.rows.push_back({c.name, regime, c.bytes, c.flops, c.value, c.low, c.high, c.unit, c.time_us,
                           known(c.sm_clock_mhz), known(c.power_w), known(c.temperature_c), c.throttle,
                           c.how});
  }
  if (for_people) drop_empty_columns(grid);
  return grid;
}

}  // namespace gemmtune::report
