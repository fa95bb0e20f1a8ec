// The kernels of this build, a file each.
#pragma once

#include "family/family.h"

namespace gemmtune::family {

const Family& dense_1d2d();
const Family& dense_bf16();
const Family& dense_tensor();

}  // namespace gemmtune::family
