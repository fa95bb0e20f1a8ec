// What every program of ours does before anything else about the streams that it was started with.
#pragma once

namespace gemmtune {

/// Opens descriptors 0 to 2 on /dev/null where they are closed: else the first file that is opened becomes
/// stderr, and warnings go into it. What nobody reads may go there, but a result: writing to a stdout that was
/// closed still fails.
void fill_closed_streams();

}  // namespace gemmtune
