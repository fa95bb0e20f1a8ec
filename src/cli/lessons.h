// What a guided search knows before it times anything: configs/lessons, made by scripts/lessons of whole
// sweeps.
#pragma once

#include "core/problem.h"
#include "model/normal_equations.h"

#include <string>
#include <vector>

namespace gemmtune::cli {

struct Lesson {
  Problem problem;
  model::NormalEquations evidence;
};

std::vector<Lesson> lessons(const model::SimulatedMachine& machine);

/// Of the sweeps that lessons are made of, on which guided searches were replayed.
std::vector<std::string> kernels_with_lessons();

/// Those for this problem: of its kernel; of all where its kernel has none. Never of its own N x K, so that
/// replays of the sweeps that lessons are made of say what is lost on layers that nobody has swept.
std::vector<const Lesson*> lessons_for(const Problem& problem, const std::vector<Lesson>& lessons);

}  // namespace gemmtune::cli
