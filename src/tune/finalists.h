// Who is timed again after the first screening, and who has won.
#pragma once

#include "core/row.h"

#include <cstddef>
#include <vector>

namespace gemmtune::tune {

/// Which rows are near the fastest.
struct Nearness {
  double within;      ///< of the fastest one's time, relative
  std::size_t least;  ///< so many in any case, if there are
  std::size_t most;
};

/// After three samples each. One sample of a kernel of 10 µs scatters by 1.3 to 3.5 % (standard deviation,
/// H100), the median of three by up to 2.3 %, the difference of two such medians by up to 3.3 %: 6 % keeps a
/// best that was unlucky while another was lucky. Within 5 % of the best there were 1 to 26 candidates, 8 as
/// a rule, over the 36 problems of DeepSeek-V3.
inline constexpr Nearness kNearBest = {0.06, 4, 24};

/// After fifteen samples each, whose median scatters by at most 1.1 % and differs from another by 1.6 %.
inline constexpr double kFinalistsWithin = 0.03;
inline constexpr std::size_t kLeastFinalists = 2;

/// The correct rows that are near the fastest, fastest first; equal times in the order of their config_id.
std::vector<Row> nearest(std::vector<Row> screened, const Nearness& near);

/// The `count` fastest correct rows, in the same order.
std::vector<Row> fastest(std::vector<Row> screened, std::size_t count);

/// Who is screened again, from the rows of the first screening.
std::vector<Row> near_best_of(const std::vector<Row>& screened);

/// Who is raced, from the rows of the second screening.
std::vector<Row> finalists_of(const std::vector<Row>& near_best, std::size_t most);

/// Of each library at most so many answers are screened again.
inline constexpr Nearness kNearBestAnswers = {kNearBest.within, 1, 4};

/// Which answers are screened again: of each library those near its fastest.
std::vector<Row> near_best_answers(const std::vector<Row>& screened);

/// Of each library its fastest correct answer in the second screening, and of cuBLASLt's block-scaled the
/// first answer too, from the first one: what a caller gets who does not tune.
std::vector<Row> best_answers(const std::vector<Row>& near_best, const std::vector<Row>& screened);

/// Our row that the tuning table will show, picked from the tie set of the race; null when none is timed.
Row* winner_of(std::vector<Row>& raced);

}  // namespace gemmtune::tune
