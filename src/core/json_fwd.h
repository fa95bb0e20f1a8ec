// The name of the JSON type alone, for headers.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace gemmtune {

using Json = nlohmann::ordered_json;

}  // namespace gemmtune
