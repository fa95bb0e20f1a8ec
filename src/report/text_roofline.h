// A roofline of characters, for terminals.
#pragma once

#include "report/report.h"
#include "report/screen.h"

#include <string>

namespace gemmtune::report {

/// 80 columns wide. Our winners as `o`, several in one place as `@`, under the lowest roofs; a sentence in
/// its place when there are no points or no roofs.
std::string text_roofline(const Report& report, const Screen& screen = {});

}  // namespace gemmtune::report
