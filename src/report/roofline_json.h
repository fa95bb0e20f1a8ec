// Roofs and points as JSON: of `report --format json` and of the page.
#pragma once

#include "core/json.h"
#include "report/report.h"

namespace gemmtune::report {

/// {"measured", "simulated", "source", "roofs": [{"level", "label", "value", "unit", "sm_clock_mhz"}]}
Json to_json(const Roofs& roofs);

/// One object; "placement" members are null without a roof.
Json to_json(const Point& point);

}  // namespace gemmtune::report
