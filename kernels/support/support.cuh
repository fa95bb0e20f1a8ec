// All support kernels in one unit: compiled once by the worker, cached like any other.
#pragma once

#include "support/judge.cuh"
#include "support/operands.cuh"
#include "support/reference.cuh"
#include "support/stream.cuh"
