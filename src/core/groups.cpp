#include "core/groups.h"

#include "core/fields_of_problem.h"
#include "core/random.h"
#include "util/error.h"
#include "util/integers.h"
#include "util/text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace gemmtune {

namespace {

using Sizes = std::vector<std::int64_t>;

constexpr std::string_view kZipf = "zipf:";
constexpr double kSteepestZipf = 10;
constexpr std::int64_t kLargestGroup = std::numeric_limits<std::int32_t>::max();
/// Weights of routing are whole numbers, so that no rounding of sums decides where a row goes.
constexpr double kWeightOfFirst = 0x1p40;

/// Of `zipf:S`; 0 of other texts.
double steepness_of(std::string_view routing) {
  double steepness = 0;
  if (!routing.starts_with(kZipf) || !parse_whole(routing.substr(kZipf.size()), steepness)) return 0;
  return steepness > 0 && steepness <= kSteepestZipf ? steepness : 0;
}

double mean_of(const Problem& p) {
  return p.m_per_group != 0 ? p.m_per_group : p.k_per_group;
}

std::int64_t sum(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

/// Rows of all groups.
std::int64_t rows_of_all(const Problem& p) {
  return std::max<std::int64_t>(1, std::llround(mean_of(p) * static_cast<double>(p.groups)));
}

/// The groups that have rows, the hottest first.
Sizes groups_with_rows(const Problem& p) {
  Sizes groups(static_cast<std::size_t>(p.groups));
  std::iota(groups.begin(), groups.end(), 0);
  Random random(p.group_seed, 0);
  for (std::size_t i = groups.size(); i > 1; --i) std::swap(groups[i - 1], groups[random.below(i)]);
  const auto without = std::llround(p.empty * static_cast<double>(p.groups));
  groups.resize(static_cast<std::size_t>(std::max<std::int64_t>(1, p.groups - without)));
  return groups;
}

void route(const Problem& p, const Sizes& with_rows, Random& random, Sizes& sizes) {
  const std::int64_t rows = rows_of_all(p);
  if (p.routing == "one_hot") {
    sizes[static_cast<std::size_t>(with_rows.front())] = rows;
    return;
  }
  const double steepness = steepness_of(p.routing);
  std::vector<std::uint64_t> ends;
  for (std::size_t rank = 1; rank <= with_rows.size(); ++rank) {
    const double weight = std::round(kWeightOfFirst * std::pow(static_cast<double>(rank), -steepness));
    ends.push_back((ends.empty() ? 0 : ends.back()) + static_cast<std::uint64_t>(weight));
  }
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto rank = std::ranges::upper_bound(ends, random.below(ends.back())) - ends.begin();
    ++sizes[static_cast<std::size_t>(with_rows[static_cast<std::size_t>(rank)])];
  }
}

void spread_out(const Problem& p, Sizes with_rows, Random& random, Sizes& sizes) {
  const auto count = static_cast<std::int64_t>(with_rows.size());
  const double mean = mean_of(p) * static_cast<double>(p.groups) / static_cast<double>(count);
  const auto least = static_cast<std::int64_t>(std::ceil(mean * (1 - p.spread)));
  const auto most = static_cast<std::int64_t>(std::floor(mean * (1 + p.spread)));
  // A single 0 would leave no rows at all.
  if (least <= most && most > 0) {
    const auto range = static_cast<std::uint64_t>(most - least + 1);
    for (const std::int64_t group : with_rows)
      sizes[static_cast<std::size_t>(group)] = least + static_cast<std::int64_t>(random.below(range));
    if (sum(sizes) == 0) sizes[static_cast<std::size_t>(with_rows.front())] = 1;
    return;
  }
  const std::int64_t rows = rows_of_all(p);
  for (std::size_t i = with_rows.size(); i > 1; --i) std::swap(with_rows[i - 1], with_rows[random.below(i)]);
  for (std::int64_t i = 0; i < count; ++i)
    sizes[static_cast<std::size_t>(with_rows[static_cast<std::size_t>(i)])] =
        rows / count + (i < rows % count ? 1 : 0);
}

/// Where the rows of all groups end, padding included.
std::int64_t rows_with_padding(const Problem& p, const Sizes& sizes) {
  if (is_masked(p)) return p.groups * p.max_m;
  if (!is_contiguous(p)) return sum(sizes);
  const GroupRows last = lay_out(p, sizes).back();
  return round_up(last.first + last.rows, p.alignment);
}

GroupFigures make_figures(const Problem& p) {
  GroupFigures figures;
  const int draws = draws_of(p);
  for (int draw = 0; draw < draws; ++draw) {
    const Sizes& sizes = figures.draws.emplace_back(draw_sizes(p, draw));
    const std::int64_t rows = rows_with_padding(p, sizes);
    figures.rows_of_a = std::max(figures.rows_of_a, rows);
    figures.useful += static_cast<double>(sum(sizes)) / draws;
    figures.padding += static_cast<double>(rows - sum(sizes)) / draws;
    figures.with_rows +=
        static_cast<double>(std::ranges::count_if(sizes, [](auto size) { return size > 0; })) / draws;
  }
  return figures;
}

bool same_groups(const Problem& a, const Problem& b) {
  return std::ranges::all_of(kProblemFields, [&](const ProblemField& field) {
    return (field.is & ProblemField::kGroups) == 0 || same_field(a, b, field);
  });
}

}  // namespace

bool is_grouped(const Problem& p) {
  return p.groups > 0;
}

bool is_contiguous(const Problem& p) {
  return is_grouped(p) && p.alignment > 0;
}

bool is_masked(const Problem& p) {
  return is_grouped(p) && p.max_m > 0;
}

bool shares_out_rows(const Problem& p) {
  return is_contiguous(p) || is_masked(p);
}

bool shares_out_inner(const Problem& p) {
  return p.shares_out_k();
}

bool is_routing(std::string_view text) {
  return text == "uniform" || text == "one_hot" || steepness_of(text) > 0;
}

std::string complaint_about_groups(const Problem& p) {
  const auto share = [](double value) { return value >= 0 && value <= 1; };
  const double mean = mean_of(p);
  if (p.groups < 0 || p.groups > kMostGroups) return "\"groups\" must be 0 to 65536";
  if (!p.group_sizes.empty() && std::ssize(p.group_sizes) != p.groups)
    return "\"group_sizes\" must be as many as \"groups\"";
  if (std::ranges::any_of(p.group_sizes, [](auto size) { return size < 0 || size > kLargestGroup; }))
    return "\"group_sizes\" must be 0 to 2147483647";
  if (!(mean >= 0 && mean <= double{kLargestGroup})) return "the mean of groups must be 0 to 2147483647";
  if (is_grouped(p) && p.group_sizes.empty() && mean == 0) return "groups need a mean, or sizes";
  if (!share(p.spread)) return "\"spread\" must be 0 to 1";
  if (!share(p.empty) || p.empty == 1) return "\"empty\" must be at least 0, and below 1";
  if (!p.routing.empty() && !is_routing(p.routing)) return "\"routing\" must be uniform, one_hot or zipf:S";
  if (!p.routing.empty() && is_grouped(p) && rows_of_all(p) > kMostRoutedRows)
    return "\"routing\" draws each row: at most " + std::to_string(kMostRoutedRows);
  if (p.alignment != 0 && p.alignment != 1 && p.alignment != 32 && p.alignment != 64 && p.alignment != 128)
    return "\"alignment\" must be 1, 32, 64 or 128";
  if (!p.layout.empty() && p.layout != "indices" && p.layout != "offsets")
    return "\"layout\" must be indices or offsets";
  if (p.max_m < 0 || p.max_m > kLargestGroup) return "\"max_m\" must be 0 to 2147483647";
  return {};
}

void set_size_from_groups(Problem& p) {
  if (!is_grouped(p)) return;
  const std::int64_t mean = p.group_sizes.empty() ? static_cast<std::int64_t>(std::ceil(mean_of(p)))
                                                  : ceil_div(sum(p.group_sizes), p.groups);
  if (shares_out_rows(p))
    p.m = std::max<std::int64_t>(1, mean);
  else
    p.k = round_up(std::max<std::int64_t>(1, mean), kInnerStep);
}

std::vector<std::int64_t> draw_sizes(const Problem& p, int draw) {
  ensure(is_grouped(p) && draw >= 0 && draw < kDraws, "no draw of " + describe(p));
  if (!p.group_sizes.empty()) return p.group_sizes;
  Sizes sizes(static_cast<std::size_t>(p.groups), 0);
  Random random(p.group_seed, static_cast<std::uint64_t>(draw) + 1);
  if (p.routing.empty())
    spread_out(p, groups_with_rows(p), random, sizes);
  else
    route(p, groups_with_rows(p), random, sizes);
  if (is_masked(p))
    for (std::int64_t& size : sizes) size = std::min(size, p.max_m);
  if (shares_out_inner(p))
    for (std::int64_t& size : sizes) size = round_up(size, kInnerStep);
  return sizes;
}

int draws_of(const Problem& p) {
  return is_grouped(p) && p.group_sizes.empty() ? kDraws : 1;
}

std::vector<GroupRows> lay_out(const Problem& p, std::span<const std::int64_t> sizes) {
  std::vector<GroupRows> groups;
  std::int64_t end = 0;
  for (const std::int64_t rows : sizes) {
    const std::int64_t first = is_masked(p) ? static_cast<std::int64_t>(groups.size()) * p.max_m
                                            : round_up(end, std::max<std::int64_t>(1, p.alignment));
    groups.push_back({first, rows});
    end = first + rows;
  }
  return groups;
}

const GroupFigures& figures_of_groups(const Problem& p) {
  thread_local Problem last;
  thread_local GroupFigures figures;
  if (!is_grouped(p)) {
    last = Problem();
    const auto rows = static_cast<double>(p.m);
    figures = {{{p.m}}, p.m, rows, 1, 0};
  } else if (!same_groups(p, last)) {
    figures = make_figures(p);
    last = p;
  }
  return figures;
}

std::int64_t rows_of_a(const Problem& p) {
  return shares_out_rows(p) ? figures_of_groups(p).rows_of_a : p.m;
}

std::int64_t rows_of_d(const Problem& p) {
  return shares_out_inner(p) ? p.groups * p.m : rows_of_a(p);
}

std::int64_t columns_of_a(const Problem& p) {
  return shares_out_inner(p) ? figures_of_groups(p).rows_of_a : p.k;
}

double useful_rows(const Problem& p) {
  return is_grouped(p) ? figures_of_groups(p).useful : static_cast<double>(p.m);
}

namespace {

/// That have tiles, of groups that share out K.
double groups_with_tiles(const Problem& p) {
  return p.accumulate ? figures_of_groups(p).with_rows : static_cast<double>(p.groups);
}

}  // namespace

double written_bytes(const Problem& p) {
  const double rows = shares_out_inner(p) ? groups_with_tiles(p) * static_cast<double>(p.m) : useful_rows(p);
  return rows * static_cast<double>(p.n * p.out_bytes());
}

double tiles_of_rows(const Problem& p, std::int64_t block_m) {
  const auto tiles = [block_m](std::int64_t rows) { return static_cast<double>(ceil_div(rows, block_m)); };
  if (shares_out_inner(p)) return groups_with_tiles(p) * tiles(p.m);
  if (!is_grouped(p)) return tiles(p.m);
  const GroupFigures& figures = figures_of_groups(p);
  double all = 0;
  for (const Sizes& sizes : figures.draws)
    for (const std::int64_t rows : sizes) all += tiles(rows);
  return all / static_cast<double>(figures.draws.size());
}

}  // namespace gemmtune
