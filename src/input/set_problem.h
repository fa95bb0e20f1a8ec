// What a problem set may hold beyond the problems of this build's kernels: groups, and kernels that are
// planned. It is read, kept and written; nothing launches it.
#pragma once

#include "core/problem.h"
#include "input/strict_json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::input {

/// How the rows of a problem (of `k_grouped_1d1d` its K) are shared out among groups: exact sizes, or a mean
/// from which sizes are drawn.
struct Groups {
  std::int64_t count = 0;           ///< 0: the problem has none
  double mean = 0;                  ///< rows a group; may be below 1, and 0 where sizes are given
  std::vector<std::int64_t> sizes;  ///< one a group
  double spread = 0;                ///< sizes from [1-s, 1+s] times the mean
  std::string routing;              ///< "uniform", "zipf:1.2", "one_hot": each row draws its group
  double empty = 0;                 ///< share of groups without rows
  std::int64_t seed = 0;            ///< of what is drawn
  std::int64_t alignment = 0;       ///< of a group's first row; 1: ragged; 0: not a field of this kernel
  bool offsets = false;             ///< groups by their ends instead of an index a row
  std::int64_t max_m = 0;           ///< rows that each group has room for; 0: not a field of this kernel
};

/// A problem as a set holds it. M of grouped problems (K of `k_grouped_1d1d`) is 0: it follows from the
/// groups.
struct SetProblem {
  Problem problem;
  Groups groups;
};

/// Which sizes the groups of a kernel share out.
enum class Shares { nothing, rows, padded_rows, inner };

/// A kernel that problem sets may name although this build lacks it.
struct PlannedKernel {
  std::string_view name;
  Shares shares;
};

/// Null when there is none of that name, or this build has it.
const PlannedKernel* find_planned(std::string_view kernel);

/// That of an entry of a set. Null where its kernel is one of this build, or unknown, or not given.
const PlannedKernel* planned_kernel(const Node& entry);

/// The problems of such an entry, lists expanded: m varies slowest, then groups, n, k. Throws UserError.
std::vector<SetProblem> read_planned(const Node& node, const PlannedKernel& kernel);

/// One line for people, in the words of `--problem`.
std::string describe(const SetProblem& problem);

/// The name of a routing: "uniform", "one_hot" or "zipf:S", S above 0 and at most 10; else what is expected.
std::optional<std::string> complaint_about_routing(std::string_view routing);

}  // namespace gemmtune::input
