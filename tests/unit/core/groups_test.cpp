// Sizes of groups: drawn from what a problem says, the same on every platform, and where their rows lie.
#include "core/groups.h"

#include "core/serialise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace gemmtune {
namespace {

using Sizes = std::vector<std::int64_t>;

Problem contiguous(std::int64_t groups, double mean) {
  Problem p;
  p.kernel = "grouped_contiguous_1d2d";
  p.n = 512, p.k = 512;
  p.groups = groups, p.m_per_group = mean, p.alignment = 128, p.layout = "indices";
  set_size_from_groups(p);
  return p;
}

Problem masked(std::int64_t groups, double mean, std::int64_t max_m) {
  Problem p = contiguous(groups, mean);
  p.kernel = "grouped_masked_1d2d";
  p.alignment = 0, p.layout = "", p.max_m = max_m;
  return p;
}

Problem routed(std::int64_t groups, double mean, const char* routing) {
  Problem p = contiguous(groups, mean);
  p.routing = routing;
  return p;
}

std::int64_t sum(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

/// One behind the other.
Sizes all_draws(const Problem& p) {
  Sizes all;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Sizes sizes = draw_sizes(p, draw);
    all.insert(all.end(), sizes.begin(), sizes.end());
  }
  return all;
}

Sizes sorted(Sizes sizes) {
  std::ranges::sort(sizes, std::greater());
  return sizes;
}

TEST(Groups, sizes_are_the_same_on_every_platform) {
  Problem spread = contiguous(4, 100);
  spread.spread = 0.3;
  EXPECT_EQ(draw_sizes(spread, 0), (Sizes{91, 114, 97, 97}));
  EXPECT_EQ(draw_sizes(spread, 4), (Sizes{72, 94, 87, 121}));
  spread.group_seed = 7;
  EXPECT_EQ(draw_sizes(spread, 0), (Sizes{118, 124, 99, 105}));
  Problem zipf = routed(8, 50, "zipf:1.2");
  zipf.empty = 0.25, zipf.group_seed = 1;
  EXPECT_EQ(draw_sizes(zipf, 0), (Sizes{0, 22, 186, 56, 20, 38, 78, 0}));
  EXPECT_EQ(draw_sizes(routed(4, 0.6, "uniform"), 2), (Sizes{1, 0, 0, 1}));
}

TEST(Groups, sizes_depend_on_the_draw_and_on_the_seed) {
  for (const char* routing : {"", "uniform", "zipf:1.2"}) {
    Problem p = routed(16, 100, routing);
    if (p.routing.empty()) p.spread = 0.3;
    std::set<Sizes> seen;
    for (p.group_seed = 0; p.group_seed < 3; ++p.group_seed)
      for (int draw = 0; draw < kDraws; ++draw) {
        EXPECT_TRUE(seen.insert(draw_sizes(p, draw)).second) << routing;
        EXPECT_EQ(draw_sizes(p, draw), draw_sizes(p, draw));
      }
  }
}

TEST(Groups, exact_sizes_are_those_of_every_draw) {
  Problem p = contiguous(3, 0);
  p.group_sizes = {0, 128, 1};
  set_size_from_groups(p);
  for (int draw = 0; draw < kDraws; ++draw) EXPECT_EQ(draw_sizes(p, draw), p.group_sizes);
  EXPECT_EQ(p.m, 43);
  EXPECT_EQ(useful_rows(p), 129);
  EXPECT_EQ(figures_of_groups(p).with_rows, 2);
}

TEST(Groups, a_spread_is_a_uniform_integer_about_the_mean) {
  Problem p = contiguous(10000, 10);
  p.spread = 0.3;
  std::vector<int> counts(20);
  for (const std::int64_t size : all_draws(p)) {
    ASSERT_TRUE(size >= 7 && size <= 13) << size;
    ++counts[static_cast<std::size_t>(size)];
  }
  for (std::size_t size = 7; size <= 13; ++size) EXPECT_NEAR(counts[size], 50000 / 7.0, 400) << size;
  EXPECT_EQ(draw_sizes(contiguous(3, 64), 0), (Sizes{64, 64, 64})) << "without a spread";
}

TEST(Groups, a_mean_between_integers_is_dealt_out) {
  EXPECT_EQ(sorted(draw_sizes(contiguous(4, 2.5), 0)), (Sizes{3, 3, 2, 2}));
  EXPECT_EQ(sorted(draw_sizes(contiguous(8, 0.25), 1)), (Sizes{1, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(sorted(draw_sizes(contiguous(2, 0.01), 0)), (Sizes{1, 0})) << "some group has rows";
}

TEST(Groups, routed_rows_are_as_many_as_the_mean_says) {
  for (const char* routing : {"uniform", "zipf:0.5", "zipf:1.2", "zipf:10", "one_hot"})
    for (const double mean : {0.01, 0.3, 1.0, 77.7})
      for (int draw = 0; draw < kDraws; ++draw)
        EXPECT_EQ(sum(draw_sizes(routed(10, mean, routing), draw)),
                  std::max<std::int64_t>(1, std::llround(10 * mean)))
            << routing << " " << mean;
}

TEST(Groups, zipf_gives_ranks_their_shares) {
  const Problem p = routed(4, 250000, "zipf:1");
  const Sizes sizes = sorted(draw_sizes(p, 0));
  const double all = 1 + 1 / 2.0 + 1 / 3.0 + 1 / 4.0;
  for (std::size_t rank = 1; rank <= 4; ++rank)
    EXPECT_NEAR(static_cast<double>(sizes[rank - 1]), 1e6 / static_cast<double>(rank) / all, 2500) << rank;
  for (const std::int64_t size : draw_sizes(routed(4, 250000, "uniform"), 0)) EXPECT_NEAR(size, 250000, 2500);
}

TEST(Groups, the_seed_says_which_one_is_hot_in_every_draw) {
  std::set<std::ptrdiff_t> hot_ones;
  for (const char* routing : {"zipf:2", "one_hot"}) {
    Problem p = routed(8, 100, routing);
    for (p.group_seed = 0; p.group_seed < 20; ++p.group_seed) {
      std::set<std::ptrdiff_t> of_seed;
      for (int draw = 0; draw < kDraws; ++draw) {
        const Sizes sizes = draw_sizes(p, draw);
        of_seed.insert(std::ranges::max_element(sizes) - sizes.begin());
      }
      EXPECT_EQ(of_seed.size(), 1u) << routing;
      hot_ones.insert(of_seed.begin(), of_seed.end());
    }
  }
  EXPECT_GE(hot_ones.size(), 6u);
}

TEST(Groups, a_share_of_them_is_empty_and_the_others_have_its_rows) {
  for (const char* routing : {"", "uniform", "zipf:1.2"}) {
    Problem p = routed(8, 1000, routing);
    p.empty = 0.5;
    std::set<std::vector<bool>> which;
    for (int draw = 0; draw < kDraws; ++draw) {
      const Sizes sizes = draw_sizes(p, draw);
      EXPECT_EQ(std::ranges::count(sizes, 0), 4) << routing;
      EXPECT_EQ(sum(sizes), 8000) << routing;
      std::vector<bool> empty;
      for (const std::int64_t size : sizes) empty.push_back(size == 0);
      which.insert(empty);
    }
    EXPECT_EQ(which.size(), 1u) << "the seed says which";
    p.empty = 0.999;
    EXPECT_EQ(sorted(draw_sizes(p, 0)), (Sizes{8000, 0, 0, 0, 0, 0, 0, 0})) << routing;
  }
  Problem one = contiguous(1, 5);
  one.empty = 0.9;
  EXPECT_EQ(draw_sizes(one, 0), Sizes{5});
}

TEST(Groups, masked_sizes_leave_out_what_does_not_fit) {
  Problem p = masked(4, 100, 120);
  p.routing = "one_hot";
  EXPECT_EQ(sorted(draw_sizes(p, 0)), (Sizes{120, 0, 0, 0}));
  p.routing = "", p.spread = 1;
  const Sizes all = all_draws(p);
  EXPECT_EQ(std::ranges::max(all), 120);
  EXPECT_EQ(rows_of_a(p), 480);
  EXPECT_DOUBLE_EQ(figures_of_groups(p).padding, 480 - useful_rows(p));
}

TEST(Groups, contiguous_ones_begin_at_their_alignment) {
  Problem p = contiguous(4, 0);
  p.group_sizes = {1, 0, 128, 5};
  const auto firsts = [](const Problem& problem) {
    Sizes all;
    for (const GroupRows& group : lay_out(problem, problem.group_sizes)) all.push_back(group.first);
    return all;
  };
  EXPECT_EQ(firsts(p), (Sizes{0, 128, 128, 256}));
  EXPECT_EQ(rows_of_a(p), 384);
  EXPECT_EQ(figures_of_groups(p).padding, 384 - 134);
  p.alignment = 1;
  EXPECT_EQ(firsts(p), (Sizes{0, 1, 1, 129}));
  EXPECT_EQ(rows_of_a(p), 134);
  p.alignment = 32;
  EXPECT_EQ(firsts(p), (Sizes{0, 32, 32, 160}));
  EXPECT_EQ(rows_of_a(p), 192);
  p.alignment = 0, p.max_m = 128;
  EXPECT_EQ(firsts(p), (Sizes{0, 128, 256, 384}));
}

TEST(Groups, a_has_room_for_every_draw) {
  Problem p = contiguous(16, 100);
  p.spread = 0.5, p.alignment = 64;
  std::int64_t most = 0;
  double useful = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Sizes sizes = draw_sizes(p, draw);
    const GroupRows last = lay_out(p, sizes).back();
    most = std::max(most, (last.first + last.rows + 63) / 64 * 64);
    useful += static_cast<double>(sum(sizes)) / kDraws;
  }
  EXPECT_EQ(rows_of_a(p), most);
  EXPECT_DOUBLE_EQ(useful_rows(p), useful);
}

TEST(Groups, m_is_the_mean_rounded_up) {
  EXPECT_EQ(contiguous(4, 0.3).m, 1);
  EXPECT_EQ(contiguous(4, 64).m, 64);
  EXPECT_EQ(contiguous(4, 64.1).m, 65);
  Problem inner = contiguous(4, 0);
  inner.m_per_group = 0, inner.k_per_group = 300, inner.alignment = 0, inner.layout = "", inner.m = 7;
  set_size_from_groups(inner);
  EXPECT_EQ(inner.k, 384) << "up to a multiple of 128";
  EXPECT_EQ(inner.m, 7);
  EXPECT_EQ(draw_sizes(inner, 0), (std::vector<std::int64_t>{384, 384, 384, 384}));
  EXPECT_EQ(columns_of_a(inner), 4 * 384);
  EXPECT_EQ(rows_of_d(inner), 4 * 7);
  EXPECT_EQ(rows_of_a(inner), 7);
}

TEST(Groups, of_a_problem_without_them_there_are_its_rows) {
  Problem p;
  p.m = 64;
  EXPECT_FALSE(is_grouped(p));
  EXPECT_EQ(rows_of_a(p), 64);
  EXPECT_EQ(useful_rows(p), 64);
  EXPECT_EQ(figures_of_groups(p).draws, std::vector<Sizes>{{64}});
  p.m = 65;
  EXPECT_EQ(figures_of_groups(p).draws, std::vector<Sizes>{{65}});
}

TEST(Groups, figures_are_those_of_the_problem_asked_for) {
  const Problem small = contiguous(2, 64), large = contiguous(2, 128);
  EXPECT_EQ(useful_rows(small), 128);
  EXPECT_EQ(useful_rows(large), 256);
  EXPECT_EQ(useful_rows(small), 128);
}

TEST(Groups, of_a_file_are_refused_where_nothing_can_be_drawn) {
  const auto complaint_of = [](auto change) {
    Problem p = routed(4, 100, "uniform");
    change(p);
    try {
      from_json<Problem>(to_json(p));
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(complaint_of([](Problem&) {}), "none");
  EXPECT_EQ(complaint_of([](Problem& p) { p.groups = 65537; }), "\"groups\" must be 0 to 65536");
  EXPECT_EQ(complaint_of([](Problem& p) { p.group_sizes = {1}; }),
            "\"group_sizes\" must be as many as \"groups\"");
  EXPECT_EQ(complaint_of([](Problem& p) {
              p.group_sizes = {1, 2, 3, -1};
            }),
            "\"group_sizes\" must be 0 to 2147483647");
  EXPECT_EQ(complaint_of([](Problem& p) { p.m_per_group = 1e10; }),
            "the mean of groups must be 0 to 2147483647");
  EXPECT_EQ(complaint_of([](Problem& p) { p.m_per_group = 0; }), "groups need a mean, or sizes");
  EXPECT_EQ(complaint_of([](Problem& p) { p.m_per_group = 1e7; }),
            "\"routing\" draws each row: at most 16777216");
  EXPECT_EQ(complaint_of([](Problem& p) { p.routing = "zipf:-1"; }),
            "\"routing\" must be uniform, one_hot or zipf:S");
  EXPECT_EQ(complaint_of([](Problem& p) { p.spread = 1.5; }), "\"spread\" must be 0 to 1");
  EXPECT_EQ(complaint_of([](Problem& p) { p.empty = 1; }), "\"empty\" must be at least 0, and below 1");
  EXPECT_EQ(complaint_of([](Problem& p) { p.alignment = 2; }), "\"alignment\" must be 1, 32, 64 or 128");
  EXPECT_EQ(complaint_of([](Problem& p) { p.layout = "x"; }), "\"layout\" must be indices or offsets");
  EXPECT_EQ(complaint_of([](Problem& p) { p.max_m = -1; }), "\"max_m\" must be 0 to 2147483647");
}

}  // namespace
}  // namespace gemmtune
