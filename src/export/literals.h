// Literals that C++, Python and JSON read alike, and generated tables of them read back.
#pragma once

#include "export/table_reader.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::exports {

/// Between double quotes; control characters are gone.
std::string string_literal(std::string_view text);

/// Shortest decimal that reads back to the same double, with a point or an exponent in it.
std::string number_literal(double value);

/// Every parameter of the table's configurations. Throws UserError for one that cannot be an identifier, and
/// for a table without entries.
std::set<std::string> parameters_of(const Source& source);

/// Throws UserError for a table with grouped problems; `format` is its name.
void refuse_groups(const Source& source, const std::string& format);

/// A line of provenance: the name of a constant in generated code and its value.
struct Constant {
  std::string name;  ///< lower case, with underscores
  std::string value;
};
std::vector<Constant> provenance(const Source& source);

/// The text from behind `begin` up to the next `end` as JSON: braces that are no brackets become brackets
/// when `braces` are lists, as in C++. Throws InternalError when there is no such text.
std::string json_between(const std::string& text, std::string_view begin, std::string_view end, bool braces);

}  // namespace gemmtune::exports
