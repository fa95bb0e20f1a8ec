// The one JSON type of the project: members keep their order. The library's header takes two seconds to
// parse, and its reader and writer as long again to compile: few files include this one, and json.cpp alone
// has the latter.
#pragma once

#include "core/json_fwd.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace gemmtune {

/// Copies and texts of values are made by recursion, and a value takes up to twenty times the bytes of its
/// text: nothing deeper or larger is read, whoever wrote it.
inline constexpr std::size_t kMostJsonDepth = 64;
inline constexpr std::size_t kMostJsonBytes = std::size_t{1} << 30;

/// The value; a discarded one (`is_discarded()`) where the text is not JSON, or exceeds these limits.
Json parse_json(std::string_view text);

/// Why parse_json discarded it: `not JSON`, `JSON nested deeper than 64 levels`, …
std::string why_no_json(std::string_view text);

/// On one line, or indented by so many blanks a level. Bytes that are no UTF-8 are replaced.
std::string json_text(const Json& json, int indent = -1);

/// A text without its quotes, anything else as JSON.
std::string plain_text(const Json& json);

}  // namespace gemmtune
