// Who is raced again after the screening.
#pragma once

#include "core/row.h"

#include <cstddef>
#include <vector>

namespace gemmtune::tune {

/// The `count` fastest correct rows, fastest first; equal times in the order of their config_id.
std::vector<Row> fastest(std::vector<Row> screened, std::size_t count);

/// Of each library its fastest correct answer, and of cuBLASLt's block-scaled the first answer too: what a
/// caller gets who does not tune.
std::vector<Row> best_answers(const std::vector<Row>& screened);

}  // namespace gemmtune::tune
