// What the problems of a model's step weigh in it.
#pragma once

#include "tune/sweep_plan.h"

namespace gemmtune::cli {

/// The weight of each problem becomes the time that a step is expected to spend in it: how often a step runs
/// it (Problem::weight) x the least time that the model of an H100 expects of a candidate, operands cold. The
/// heaviest come first, so that a sweep that is ended early has them.
void put_heaviest_first(tune::SweepPlan& plan);

}  // namespace gemmtune::cli
