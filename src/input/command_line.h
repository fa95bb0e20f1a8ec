// Problems, configurations and libraries' answers as flags: `--problem dense_1d2d:m=64,n=2112,k=7168`,
// `--config block_m=64,block_n=64,stages=8` and `--baselines cublaslt_tensor:2`. The names and rules are
// those of the files.
#pragma once

#include "core/baseline_choice.h"
#include "core/problem.h"
#include "core/space_spec.h"
#include "input/shapes.h"

#include <string>
#include <string_view>

namespace gemmtune::input {

/// The inverse of describe(Problem): one problem of a kernel of this build. Throws UserError that begins with
/// the flag.
Problem parse_problem(const std::string& text);

/// One or several, as `m=1/16/64` says, of this build's kernels or of planned ones.
ShapeSet parse_problems(const std::string& text);

/// A space of one point, in numbers and words: space::enumerate makes it concrete for a problem, or says
/// which constraint it breaks. A parameter without a value has its fallback; one without that must be there.
SpaceSpec parse_config(const std::string& text, std::string_view kernel);

/// `all`, `none`, or providers with commas between, each with or without the number of one algorithm:
/// `cublaslt_tensor:2,cublas_bf16`.
BaselineChoice parse_baselines(const std::string& text);

}  // namespace gemmtune::input
