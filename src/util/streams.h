// What every program of ours does before anything else about the streams and limits that it was started with.
#pragma once

namespace gemmtune {

/// Opens descriptors 0 to 2 on /dev/null where they are closed: else the first file that is opened becomes
/// stderr, and warnings go into it. What nobody reads may go there, but a result: writing to a stdout that
/// was closed still fails.
void fill_closed_streams();

/// A file that may not grow any more (`ulimit -f`) is a write that fails, with a message, and no signal that
/// ends the program. Programs that are started from here keep it so.
void ignore_size_limit_signal();

}  // namespace gemmtune
