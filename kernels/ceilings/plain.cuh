// The kernels that measure everything but the tensor cores, in one unit.
#pragma once

#include "ceilings/arithmetic.cuh"
#include "ceilings/memory.cuh"
#include "ceilings/operands.cuh"
