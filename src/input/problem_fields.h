// The fields of a problem as people write them, in a file or in `--problem`.
#pragma once

#include "core/problem.h"
#include "input/strict_json.h"

#include <string_view>
#include <vector>

namespace gemmtune::input {

/// Of a set, after expansion.
inline constexpr std::size_t kMostProblems = 100'000;

/// An entry of a problem set: the sizes it lists, and what they all share. M, or K, that follows from groups
/// is {0}.
struct ProblemEntry {
  Problem shared;
  std::vector<std::int64_t> m, n, k;
  std::vector<double> means;  ///< of groups; {0} without

  /// Number of problems it stands for. Each list has at most kMostProblems sizes, and one of the four has
  /// one.
  std::size_t count() const { return m.size() * means.size() * n.size() * k.size(); }
  /// All of them: m varies slowest, then the mean of groups, k fastest. Refuses sizes whose work does not fit
  /// 64 bits, and pitches below a row's length.
  std::vector<Problem> expand(const Node& node) const;
};

/// Throws UserError: the set expands to more than kMostProblems.
[[noreturn]] void fail_too_many(const Node& node);

/// Of a kernel of this build, or of a planned one. Throws UserError for an unknown key, kernel or word, and
/// for a number out of range.
ProblemEntry read_problem(const Node& node);

/// The name of a kernel of this build.
std::string read_kernel(const Node& node);

/// Whether problem sets may name the kernel although this build lacks it.
bool is_planned(std::string_view kernel);

}  // namespace gemmtune::input
