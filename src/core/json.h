// The one JSON type of the project: members keep their order. The library's header takes two seconds to
// parse, and its reader and writer as long again to compile: few files include this one, and json.cpp alone
// has the latter.
#pragma once

#include "core/json_fwd.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gemmtune {

/// The value; a discarded one (`is_discarded()`) where the text is not JSON.
Json parse_json(std::string_view text);

/// On one line, or indented by so many blanks a level. Bytes that are no UTF-8 are replaced.
std::string json_text(const Json& json, int indent = -1);

}  // namespace gemmtune
