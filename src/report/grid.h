// A table of cells before it is printed: rows of any kind become a Grid through one list of fields, and every
// printer takes a Grid.
#pragma once

#include "core/config.h"
#include "report/screen.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gemmtune::report {

/// monostate: not measured, or not accepted.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string, Config>;

struct Column {
  std::string name;                     ///< in CSV and JSON; with its unit
  std::string header;                   ///< for people
  int digits = 0;                       ///< behind the point, for people; files keep every digit
  Tone (*tone)(const Cell&) = nullptr;  ///< how a cell stands out on a screen; null: none does
};

struct Grid {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

enum class Format { table, json, jsonl, csv, md };

/// The spellings of --format.
std::span<const std::string_view> format_names();

/// Throws UserError for what is no format.
Format parse_format(std::string_view name);

/// `screen` is that of a table.
std::string render(const Grid& grid, Format format, const Screen& screen = {});

/// Whether a column holds texts, which stand to the left; numbers stand to the right.
bool is_text(const Grid& grid, std::size_t column);

/// What people and files see of a cell. Control characters are gone from both.
std::string for_people(const Cell& cell, const Column& column);
std::string for_files(const Cell& cell);

/// `64x112 s8 c2x1 132sm r8`: the usual parameters in short, others as name=value.
std::string short_form(const Config& config);

/// One line, without anything that could drive a terminal: control characters become blanks.
std::string one_line(std::string_view text);

/// With exactly so many digits behind the point.
std::string fixed(double value, int digits);

/// Characters, not bytes: the width in a terminal of the texts used here.
std::size_t width(std::string_view text);

}  // namespace gemmtune::report
