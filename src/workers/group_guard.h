// What ends our workers when we are gone, whatever ended us. The kernel kills a child when its parent dies,
// but not the children of that child: behind a GEMMTUNE_WORKER that is a script they would hold the GPU for
// ever.
#pragma once

#include <sys/types.h>

namespace gemmtune::workers {

/// From now on the process group is killed when this process ends. Costs one small process, however many
/// groups there are; where that cannot be had, only the children themselves die with us.
void guard_group(pid_t group);

/// To be called before the number of the group can belong to another.
void forget_group(pid_t group);

}  // namespace gemmtune::workers
