// What follows from how a problem shares out its rows among groups: sizes, drawn alike on every platform, and
// where the rows of each group lie.
#pragma once

#include "core/problem.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune {

/// How many draws of the sizes stand for a problem that does not say them.
inline constexpr int kDraws = 5;

inline constexpr std::int64_t kMostGroups = 65536;

/// Of rows that draw their group one by one: more are refused where problems are read.
inline constexpr std::int64_t kMostRoutedRows = std::int64_t{1} << 24;

/// Of contiguous groups where nothing else is said.
inline constexpr std::int64_t kUsualAlignment = 128;
constexpr std::string_view usual_layout(std::int64_t alignment) {
  return alignment == 1 ? "offsets" : "indices";
}

bool is_grouped(const Problem& problem);

/// Contiguous: rows of all groups one behind the other. Masked: each group with room for `max_m` rows. Else
/// groups share out K.
bool is_contiguous(const Problem& problem);
bool is_masked(const Problem& problem);
bool shares_out_rows(const Problem& problem);
bool shares_out_inner(const Problem& problem);

/// K of a group is a multiple of it: a scale covers so much, and whoever quantises along K pads to it.
inline constexpr std::int64_t kInnerStep = 128;

/// The name of a routing: "uniform", "one_hot" or "zipf:S", S above 0 and at most 10.
bool is_routing(std::string_view text);

/// Empty where sizes can be drawn of what a file says; else what is wrong, with the key.
std::string complaint_about_groups(const Problem& problem);

/// M of groups that share out rows: their mean, rounded up, at least 1. K of groups that share out K: the
/// same, up to kInnerStep. Others stay as they are.
void set_size_from_groups(Problem& problem);

/// Where a group's rows lie in A and D; of groups that share out K where its part of it does.
struct GroupRows {
  std::int64_t first = 0, rows = 0;
};

/// One size a group. Exact sizes are the same in every draw. Else at least one group has rows, and:
/// - `empty` of the groups, at most all but one, are without; the others share the rows of all. Which ones
///   they are, and which one is hot, the seed says: it is the same in every draw.
/// - Routed: each of round(mean * groups) rows draws its group. Of `zipf:S` with a probability that goes as
///   1 / rank^S, of `one_hot` the hot one.
/// - Else a size is a uniform integer from [1 - spread, 1 + spread] times the mean of the groups that have
///   rows; where that range holds none, the rows are dealt out evenly.
/// - Masked: rows beyond `max_m` are left out.
/// - K of a group is rounded up to kInnerStep.
std::vector<std::int64_t> draw_sizes(const Problem& problem, int draw);

/// How many differ: kDraws, or one of exact sizes and of problems that have no groups.
int draws_of(const Problem& problem);

/// Contiguous: each group begins where the one before ends, rounded up to the alignment.
std::vector<GroupRows> lay_out(const Problem& problem, std::span<const std::int64_t> sizes);

/// All draws of a problem and what follows from them; of one that is not grouped one group of M rows.
struct GroupFigures {
  std::vector<std::vector<std::int64_t>> draws;  ///< draws_of()
  std::int64_t rows_of_a = 0;                    ///< see below; of groups that share out K columns_of_a
  double useful = 0;                             ///< sum of the sizes, mean over the draws
  double with_rows = 0;                          ///< groups that have any, mean over the draws
  /// Rows between the groups, up to the alignment or to `max_m`, mean over the draws.
  double padding = 0;
};

/// Kept from one call to the next of a thread, and no longer: rows of one problem follow each other.
const GroupFigures& figures_of_groups(const Problem& problem);

/// Rows that A and D have: of contiguous groups the most of all draws, the last one's padding included; of
/// masked ones groups * max_m.
std::int64_t rows_of_a(const Problem& problem);

/// Of D in all: each group that has a part of K has M.
std::int64_t rows_of_d(const Problem& problem);

/// Columns of A and B, K; of groups that share it out the most of all draws.
std::int64_t columns_of_a(const Problem& problem);

/// Rows (of groups that share out K: K) that count, mean over the draws.
double useful_rows(const Problem& problem);

/// Bytes of D that are written, mean over the draws. Groups that share out K have an M x N each, zeros where
/// they have no K, which is not touched where D is added to.
double written_bytes(const Problem& problem);

/// Tiles of so many rows that the rows of all groups take, mean over the draws.
double tiles_of_rows(const Problem& problem, std::int64_t block_m);

}  // namespace gemmtune
