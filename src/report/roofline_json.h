// Roofs and points as JSON: of `report --format json` and of the page.
#pragma once

#include "report/report.h"

#include <nlohmann/json.hpp>

namespace gemmtune::report {

/// {"measured", "simulated", "source", "roofs": [{"level", "label", "value", "unit", "sm_clock_mhz"}]}
nlohmann::ordered_json to_json(const Roofs& roofs);

/// One object; "placement" members are null without a roof.
nlohmann::ordered_json to_json(const Point& point);

}  // namespace gemmtune::report
