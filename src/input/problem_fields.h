// The fields of a problem as people write them, in a file or in `--problem`.
#pragma once

#include "core/problem.h"
#include "input/strict_json.h"

#include <vector>

namespace gemmtune::input {

/// Of a set, after expansion.
inline constexpr std::size_t kMostProblems = 100'000;

/// An entry of a problem set: the sizes it lists, and what they all share.
struct ProblemEntry {
  Problem shared;
  std::vector<std::int64_t> m, n, k;

  /// Number of problems it stands for; each list has at most kMostProblems sizes.
  std::size_t count() const { return m.size() * n.size() * k.size(); }
  /// All of them: m varies slowest, k fastest. Refuses sizes whose work does not fit 64 bits, and pitches
  /// below a row's length.
  std::vector<Problem> expand(const Node& node) const;
};

/// Throws UserError: the set expands to more than kMostProblems.
[[noreturn]] void fail_too_many(const Node& node);

/// Throws UserError for an unknown key, kernel or word, and for a number out of range.
ProblemEntry read_problem(const Node& node);

/// One size, or a list of at most kMostProblems.
std::vector<std::int64_t> read_sizes(const Node& node);

/// What has a default: output, data, pitches, weight, name. Which keys there are is for others to check.
void read_form_and_label(const Node& node, Problem& problem);

/// The name of a kernel of this build.
std::string read_kernel(const Node& node);

}  // namespace gemmtune::input
