// The command line -> the targets of a program's options. The one place that knows CLI11.
#pragma once

#include "cli/command.h"

#include <string>

namespace gemmtune::cli {

/// What the command line asks for.
enum class Asked { run, help, version };

/// Marks the commands that were named and fills the targets of their options. Throws UserError for what
/// cannot be parsed, with the nearest word that could and the help to look at.
Asked parse(Command& program, int argc, char** argv);

/// The innermost command that was named.
const Command& innermost(const Command& command);

}  // namespace gemmtune::cli
