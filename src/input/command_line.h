// Problems, configurations and libraries' answers as flags: `--problem dense_1d2d:m=64,n=2112,k=7168`,
// `--config block_m=64,block_n=64,stages=8` and `--baselines cublaslt_tensor:2`. The names and rules are
// those of the files.
#pragma once

#include "core/baseline_choice.h"
#include "core/problem.h"
#include "core/space_spec.h"

#include <string>
#include <string_view>

namespace gemmtune::input {

/// The inverse of describe(Problem). Throws UserError that begins with the flag.
Problem parse_problem(const std::string& text);

/// A space of one point, in numbers and words: space::enumerate makes it concrete for a problem, or says
/// which constraint it breaks. Without a value: cluster_m, cluster_n, k_groups and split_k 1, swap_ab 0,
/// stages "max", num_sms "all", raster 8, evict_first "band"; the rest must be there.
SpaceSpec parse_config(const std::string& text, std::string_view kernel);

/// `all`, `none`, or providers with commas between, each with or without the number of one algorithm:
/// `cublaslt_tensor:2,cublas_bf16`.
BaselineChoice parse_baselines(const std::string& text);

}  // namespace gemmtune::input
