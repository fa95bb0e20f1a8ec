// Who is timed again after the first screening, and who has won.
#pragma once

#include "core/row.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace gemmtune::tune {

/// Which rows are near the fastest, by the low ends of their intervals.
struct Nearness {
  double within;      ///< of the fastest one's low end, relative
  std::size_t least;  ///< so many in any case, if there are
  std::size_t most;
};

/// After three samples each, of which the low end is the fastest but for the timer's step. NOTES: not their
/// median: of the launches of a short kernel one in six is 4 % slower than its fast ones or more (M <= 128,
/// H100), of some one in three, and the median of three is such a one in 7 to 25 %. Of the winners of one
/// sweep that were none in a second one, most had been left behind here; two of them were the 44th and the
/// 49th of 55 and 76 within 5 %. The limit cuts one to four problems of DeepSeek-V3's 36.
inline constexpr Nearness kNearBest = {0.05, 4, 64};

/// After fifteen samples each, whose interval begins at the fourth.
inline constexpr double kFinalistsWithin = 0.03;
inline constexpr std::size_t kLeastFinalists = 2;

/// The correct rows that are near the fastest, that with the lowest low end first; equal ones in the order of
/// their config_id.
std::vector<Row> nearest(std::vector<Row> screened, const Nearness& near);

/// The `count` fastest correct rows by their medians, fastest first; equal ones as above.
std::vector<Row> fastest(std::vector<Row> screened, std::size_t count);

/// Who is screened again, from the rows of the first screening.
std::vector<Row> near_best_of(const std::vector<Row>& screened, std::size_t most = kNearBest.most);

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

/// What draws the same power, as far as is known: a name.
using PowerKind = std::function<std::string(const Row&)>;

/// Who is raced back to back, from the rows of the race in bursts: its winner, and the fastest of other
/// kinds, one of each. NOTES: what decides there is power, and who is faster of one kind is so in bursts too.
/// By what they read of the L2 the nine to sixteen finalists of DeepSeek-V3's layers at M 4096 are of two to
/// eight kinds, and the four fastest of one to three (counted once in results/h100-sxm/dsv3; no command
/// does).
std::vector<Row> sustained_finalists(std::vector<Row> raced, std::size_t most, const PowerKind& kind);

/// Each kernel is one, and where kernels have no hash, on a simulated device, each configuration.
std::string kernel_as_kind(const Row& row);

/// Of each library that was timed in the race its fastest row.
std::vector<Row*> fastest_of_libraries(std::vector<Row>& raced);

}  // namespace gemmtune::tune
