// Many tests at once.
#pragma once

#include <vector>

namespace gemmtune::stats {

/// Benjamini and Hochberg (1995): those with an adjusted p value of at most q are a set in which, on average,
/// at most a share q is there by chance; and where nothing is different at all, the set is empty with
/// probability 1 - q. In the order of `p_values`; what is no test (NaN) stays so and is not counted.
std::vector<double> adjusted_for_many(const std::vector<double>& p_values);

}  // namespace gemmtune::stats
