// The peers' figures as points of a roofline.
#pragma once

#include "report/report.h"

#include <vector>

namespace gemmtune::report {

/// What a peer's id ends with where its figures were carried here instead of measured here.
inline constexpr const char* kCarried = " (carried)";

/// Of each winner the carried times of the peers, placed by what the problem makes necessary.
std::vector<Point> carried_points(const Report& report);

}  // namespace gemmtune::report
