// How help looks: at most 80 columns, defaults shown, an example at the end.
#pragma once

#include "cli/command.h"

#include <string>

namespace gemmtune::cli {

std::string help_text(const Command& command);

}  // namespace gemmtune::cli
