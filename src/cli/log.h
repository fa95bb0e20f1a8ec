// Messages to people, on stderr, through spdlog's default logger: spdlog::info, warn, debug.
#pragma once

namespace gemmtune::cli {

/// Sends the default logger to stderr, as loud and as coloured as `verbosity()` says, and keeps it from
/// writing into the progress line.
void set_up_log();

}  // namespace gemmtune::cli
