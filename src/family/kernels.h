// The kernels of this build, a file each.
#pragma once

#include "family/family.h"

namespace gemmtune::family {

const Family& dense_1d1d();
const Family& dense_1d2d();
const Family& dense_bf16();
const Family& dense_tensor();
const Family& grouped_contiguous_1d2d();
const Family& grouped_masked_1d2d();
const Family& k_grouped_1d1d();

}  // namespace gemmtune::family
