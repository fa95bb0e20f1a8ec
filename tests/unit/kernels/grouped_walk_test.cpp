// Device code on the host: where the rows of groups lie, and that every tile of each group is visited once.
#include "fakes/device/device.h"
#define GROUP_LAYOUT kCounts  // of `Walk` alone
#include "schedule/grouped_walk.cuh"
#include "unit/kernels/group_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>
#include <vector>

namespace {

constexpr unsigned kThreads = 96;
constexpr uint32 kBase = 64;  // of the table in shared memory

struct Rows {
  uint32 first = 0, end = 0;
  bool operator==(const Rows&) const = default;
};

/// Sizes and where they lie, as src/core/groups.cpp lays them out.
struct Layout {
  std::vector<Rows> groups;
  uint32 m = 0;
  uint32 step = 0;
};

Layout lay_out(const std::vector<uint32>& sizes, uint32 alignment) {
  Layout layout;
  layout.step = alignment;
  uint32 end = 0;
  for (const uint32 size : sizes) {
    const uint32 first = ceil_div(end, alignment) * alignment;
    layout.groups.push_back({first, first + size});
    end = first + size;
  }
  layout.m = ceil_div(end, alignment) * alignment;
  return layout;
}

std::vector<int> words_of(const Layout& layout, GroupLayout kind) {
  std::vector<int> words;
  if (kind == kIndices) words.assign(layout.m, -1);
  for (std::size_t g = 0; g < layout.groups.size(); ++g) {
    const auto [first, end] = layout.groups[g];
    if (kind == kIndices)
      std::fill(words.begin() + first, words.begin() + end, static_cast<int>(g));
    else
      words.push_back(static_cast<int>(kind == kOffsets ? end : end - first));
  }
  return words;
}

struct Made {
  std::vector<unsigned> shared;
  GroupTable table;

  unsigned word(uint32 address) const { return shared.at(address / 4); }
  Rows rows(uint32 group) const { return {word(table.first_row(group)), word(table.end_row(group))}; }
};

template <uint32 Kind>
Made make(const Layout& layout, uint32 tile_rows) {
  const auto groups = static_cast<uint32>(layout.groups.size());
  const std::vector<int> words = words_of(layout, GroupLayout{Kind});
  const GroupTable table{kBase, groups};
  // No word more than 12 bytes a group and 4: what the host makes room for.
  return {
      fakes::run_cta(
          kThreads, (kBase + 12 * groups + 4) / 4,
          [&] {
            make_group_table<Kind, kThreads>(table, {words.data(), groups, layout.step}, layout.m, tile_rows);
          }),
      table};
}

/// Groups with rows are where they should be, others are empty.
void expect_rows(const Made& made, const Layout& layout) {
  for (uint32 g = 0; g < layout.groups.size(); ++g) {
    const Rows found = made.rows(g), expected = layout.groups[g];
    if (expected.first == expected.end)
      EXPECT_GE(found.first, found.end) << g;
    else
      EXPECT_EQ(found, expected) << g << ": " << found.first << " to " << found.end;
  }
}

/// Of a group's first tile.
template <uint32 Kind>
uint32 start_row(const Rows& rows) {
  return Kind == kOffsets ? rows.first - rows.first % 4 : rows.first;
}

/// Each tile of each group once, by its group's rows, whatever the number of CTAs and the order.
template <uint32 Kind>
void expect_every_tile_once(const Made& made, const Layout& layout, uint32 tile_rows, uint32 columns,
                            uint32 raster, uint32 clusters) {
  std::map<std::tuple<uint32, uint32, uint32>, int> visits;
  fakes::Cta cta(32);
  cta.shared = made.shared;
  fakes::current_cta() = &cta;
  for (uint32 cluster = 0; cluster < clusters; ++cluster) {
    GroupedWalk<Kind> walk(made.table, columns, raster, cluster, clusters);
    GroupedWalk<Kind> told = walk;  // which tile comes, by one that searches
    uint32 visited = 0;
    while (walk.advance()) {
      ++visited;
      EXPECT_TRUE(told.more());
      EXPECT_EQ(walk.place(7).w, 7u);
      told.follow(walk.place(7));
      EXPECT_EQ(std::tuple(told.group(), told.row, told.column),
                std::tuple(walk.group(), walk.row, walk.column));
      const Rows rows = layout.groups.at(walk.group());
      EXPECT_EQ(walk.rows_before_group(walk.start_row()), rows.first - start_row<Kind>(rows));
      EXPECT_EQ(walk.rows_before_group(rows.first + 8), 0u);
      EXPECT_EQ(walk.end_row(0), rows.end);
      EXPECT_EQ(walk.start_row(), start_row<Kind>(rows));
      // Scales of A lie group by group where groups are counted; else as the rows do, and TMA takes them from
      // a multiple of four on.
      EXPECT_EQ(walk.row_of_scales(rows.first + 3), Kind == kCounts ? 3u : rows.first + 3);
      EXPECT_EQ(walk.block_of_scales(5, 56), Kind == kCounts ? walk.group() * 56 + 5 : 5u);
      EXPECT_EQ(walk.row_of_scales(walk.start_row()) % 4, 0u);
      EXPECT_LT(walk.start_row() + walk.row * tile_rows, rows.end);
      ++visits[{walk.group(), walk.row, walk.column}];
    }
    EXPECT_FALSE(walk.more());
    EXPECT_FALSE(told.more());
    EXPECT_EQ(visited, walk.tiles() / clusters + (cluster < walk.tiles() % clusters));
  }
  fakes::current_cta() = nullptr;
  std::size_t tiles = 0;
  for (const Rows& rows : layout.groups)
    if (rows.end > rows.first)
      tiles += std::size_t{ceil_div(rows.end - start_row<Kind>(rows), tile_rows)} * columns;
  EXPECT_EQ(visits.size(), tiles);
  for (const auto& [tile, times] : visits) {
    EXPECT_EQ(times, 1);
    EXPECT_LT(std::get<2>(tile), columns);
  }
}

template <uint32 Kind>
void expect_walks(const Made& made, const Layout& layout, uint32 tile_rows) {
  expect_rows(made, layout);
  for (const uint32 clusters : {1u, 7u, 132u})
    for (const uint32 columns : {1u, 5u})
      for (const uint32 raster : {1u, 8u})
        expect_every_tile_once<Kind>(made, layout, tile_rows, columns, raster, clusters);
}

std::vector<std::vector<uint32>> sizes_to_try() {
  std::vector<std::vector<uint32>> all = {
      {1}, {128}, {129}, {0, 0, 5, 0}, {0, 300, 0, 0, 1}, {64, 64, 64}, {31, 32, 33, 127, 128, 129}};
  std::mt19937 random(7);
  for (const std::size_t groups : {31, 32, 33, 70}) {
    std::vector<uint32> sizes(groups);
    for (uint32& size : sizes) size = random() % 3 == 0 ? 0 : static_cast<uint32>(random() % 400);
    sizes[groups / 2] = 900;
    all.push_back(sizes);
  }
  return all;
}

}  // namespace

TEST(GroupTable, finds_groups_by_the_index_of_each_row) {
  for (const std::vector<uint32>& sizes : sizes_to_try())
    for (const uint32 alignment : {32u, 64u, 128u}) {
      const Layout layout = lay_out(sizes, alignment);
      for (const uint32 tile_rows : {8u, 128u, 384u})
        expect_walks<kIndices>(make<kIndices>(layout, tile_rows), layout, tile_rows);
    }
}

TEST(GroupTable, finds_groups_by_their_ends) {
  for (const std::vector<uint32>& sizes : sizes_to_try())
    for (const uint32 alignment : {1u, 32u, 128u}) {
      const Layout layout = lay_out(sizes, alignment);
      expect_walks<kOffsets>(make<kOffsets>(layout, 64), layout, 64);
    }
}

TEST(GroupTable, finds_groups_by_their_counts) {
  for (const std::vector<uint32>& sizes : sizes_to_try()) {
    Layout layout;
    layout.step = 900;
    for (uint32 g = 0; g < sizes.size(); ++g) layout.groups.push_back({g * 900, g * 900 + sizes[g]});
    layout.m = static_cast<uint32>(sizes.size()) * 900;
    expect_walks<kCounts>(make<kCounts>(layout, 64), layout, 64);
  }
}

TEST(GroupTable, has_nothing_of_groups_without_rows) {
  const Layout layout = lay_out({0, 0, 0}, 128);
  const Made made = make<kOffsets>(layout, 64);
  EXPECT_EQ(made.word(made.table.tiles_before(3)), 0u);
  expect_every_tile_once<kOffsets>(made, layout, 64, 4, 8, 132);
}

TEST(GroupTable, takes_no_more_rows_than_there_are) {
  Layout layout = lay_out({100, 100}, 128);
  layout.groups[1].end = 5000;  // a layout that says so
  const Made made = make<kOffsets>(layout, 64);
  EXPECT_EQ(made.rows(1), (Rows{128, layout.m}));

  Layout masked;
  masked.step = 64, masked.m = 128;
  masked.groups = {{0, 300}, {64, 64 + 64}};
  const Made counted = make<kCounts>(masked, 64);
  EXPECT_EQ(counted.rows(0), (Rows{0, 64}));
  EXPECT_EQ(counted.rows(1), (Rows{64, 128}));
}

TEST(GroupTable, leaves_out_rows_of_groups_that_do_not_exist) {
  const std::vector<int> words = [] {
    std::vector<int> rows(96, -1);
    for (int i = 0; i < 5; ++i) rows[i] = 7;  // of two groups
    for (int i = 32; i < 40; ++i) rows[i] = 1;
    return rows;
  }();
  const GroupTable table{kBase, 2};
  const Made made{fakes::run_cta(kThreads, (kBase + 28) / 4,
                                 [&] {
                                   make_group_table<kIndices, kThreads>(table, {words.data(), 2, 32}, 96, 64);
                                 }),
                  table};
  EXPECT_GE(made.rows(0).first, made.rows(0).end);
  EXPECT_EQ(made.rows(1), (Rows{32, 40}));
}

namespace {

/// Groups of one row, of none, a hot one, rows of nobody behind a group and full room.
const std::vector<uint32> kSizes = {1, 0, 130, 64, 31};

Layout with_room(const std::vector<uint32>& sizes, uint32 room) {
  Layout layout;
  layout.step = room, layout.m = room * static_cast<uint32>(sizes.size()) + 1;
  for (uint32 g = 0; g < sizes.size(); ++g) layout.groups.push_back({g * room, g * room + sizes[g]});
  return layout;
}

group_tables::Asked asked_of(GroupLayout kind, const Layout& layout) {
  return {static_cast<int>(kind), words_of(layout, kind), static_cast<uint32>(layout.groups.size()),
          layout.step, layout.m};
}

/// Which groups are not where they should be.
std::set<uint32> misplaced(const group_tables::Rows& found, const Layout& layout) {
  std::set<uint32> wrong;
  for (uint32 g = 0; g < layout.groups.size(); ++g) {
    const Rows right = layout.groups[g];
    const bool is_empty = right.first == right.end;
    if (is_empty ? found[g].first < found[g].second : Rows{found[g].first, found[g].second} != right)
      wrong.insert(g);
  }
  return wrong;
}

}  // namespace

/// A row too many shows in all groups that have rows and room behind them, and in no other.
TEST(GroupTable, a_group_that_ends_late_is_seen_in_every_layout) {
  const std::pair<GroupLayout, Layout> layouts[] = {
      {kIndices, lay_out(kSizes, 32)}, {kOffsets, lay_out(kSizes, 32)}, {kCounts, with_room(kSizes, 130)}};
  for (const auto& [kind, layout] : layouts) {
    const group_tables::Rows late = group_tables::with_late_ends(asked_of(kind, layout));
    EXPECT_EQ(misplaced(late, layout), (std::set<uint32>{0, 2, 3, 4})) << kind;
    for (const uint32 g : {0, 2, 3, 4}) EXPECT_EQ(late[g].second, layout.groups[g].end + 1) << kind;
  }
}

/// Those that fill up a group's last block go to that group; whole blocks go to the last one.
TEST(GroupTable, rows_of_no_group_that_are_taken_for_the_last_one_s_are_seen) {
  Layout layout = lay_out(kSizes, 32);
  EXPECT_EQ(misplaced(group_tables::with_rows_of_none(asked_of(kIndices, layout)), layout),
            (std::set<uint32>{0, 2, 4}));
  layout.m += 64;  // behind all groups
  expect_walks<kIndices>(make<kIndices>(layout, 64), layout, 64);
  const group_tables::Rows found = group_tables::with_rows_of_none(asked_of(kIndices, layout));
  EXPECT_EQ(found.back().second, layout.m);
  layout.groups.back() = {0, 0};  // its block too
  expect_walks<kIndices>(make<kIndices>(layout, 64), layout, 64);
  EXPECT_EQ(misplaced(group_tables::with_rows_of_none(asked_of(kIndices, layout)), layout),
            (std::set<uint32>{0, 2, 4}));
  for (Rows& rows : layout.groups) rows = {0, 0};
  expect_rows(make<kIndices>(layout, 64), layout);
  EXPECT_EQ(misplaced(group_tables::with_rows_of_none(asked_of(kIndices, layout)), layout),
            (std::set<uint32>{4}));
}

/// A captured graph that is replayed: what a launch found must be of no use to the next one.
TEST(GroupTable, rows_of_the_first_launch_are_seen_in_the_next) {
  const Layout first = with_room(kSizes, 130), next = with_room({0, 7, 130, 1, 31}, 130);
  expect_walks<kCounts>(make<kCounts>(first, 64), first, 64);
  expect_walks<kCounts>(make<kCounts>(next, 64), next, 64);
  EXPECT_EQ(misplaced(group_tables::of_first_launch(asked_of(kCounts, first)), first), std::set<uint32>{});
  const group_tables::Rows stale = group_tables::of_first_launch(asked_of(kCounts, next));
  EXPECT_EQ(misplaced(stale, first), std::set<uint32>{});
  EXPECT_EQ(misplaced(stale, next), (std::set<uint32>{0, 1, 3}));
}
