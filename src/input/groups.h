// How people say which rows belong to which group, in a file or in `--problem`.
#pragma once

#include "core/problem.h"
#include "input/strict_json.h"
#include "operation/operation.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::input {

/// Of a problem whose groups share out that: `shared` gets its groups. Gives the means that the entry lists,
/// each of which stands for a problem: {0} of exact sizes, and where there are no groups. Throws UserError.
std::vector<double> read_groups(const Node& node, operation::Groups groups, Problem& shared);

/// The problem of such a mean, or of exact sizes.
void settle_groups(Problem& problem, double mean, const Node& node);

/// Rows of A and D, columns of all B, and K, padding included, as a kernel with such groups has them.
struct Extent {
  double m, n, k;
};
Extent extent_of(const Problem& problem);

/// The name of a routing: "uniform", "one_hot" or "zipf:S", S above 0 and at most 10; else what is expected.
std::optional<std::string> complaint_about_routing(std::string_view routing);

}  // namespace gemmtune::input
