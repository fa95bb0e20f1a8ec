// Ctrl-C, the SIGTERM of a job scheduler, the SIGHUP of a terminal that is closed. The first one asks: the
// measurement in flight is finished and recorded, compilations are dropped. A second one ends the program at
// once; its workers die with it.
#pragma once

#include <atomic>

namespace gemmtune::cli {

/// Call once, before the work that may take long. The flag is set by the first signal.
const std::atomic<bool>& watch_for_interrupts();

/// The same flag, for those who look at it and watch nothing themselves.
const std::atomic<bool>& interrupted();

/// 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP, 0 before either.
int interrupted_exit_code();

}  // namespace gemmtune::cli
