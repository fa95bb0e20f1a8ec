// The program behind main: the list of commands, options common to all, dispatch.
#pragma once

namespace gemmtune::cli {

/// Returns the exit code. Throws UserError for a command line that cannot be understood.
int run(int argc, char** argv);

}  // namespace gemmtune::cli
