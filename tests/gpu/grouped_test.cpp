// Groups of rows: each multiplied by its own B, whatever its size and wherever it begins; rows of no group
// are never written (the verdict looks at them).
#include "core/groups.h"
#include "gpu/rig.h"
#include "gpu/stress.h"
#include "worker/gpu/check.h"

#include <algorithm>
#include <vector>

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kRowUnwritten = 4, kTailRowsMissing = 14, kGroupEndsLate = 16, kNextGroupsWeights = 17,
              kNotClipped = 18, kTileNotAwaited = 26, kRowsOfNoneTaken = 27, kRowsOfFirstLaunch = 28,
              kPlaceIn32Bits = 29;

struct Tile {
  int block_m, block_n, cluster_m = 1, cluster_n = 1, k_groups = 1, split_k = 1, swap_ab = 0;
  int store_buffers = 0;
};

constexpr Tile kTiles[] = {{64, 64},
                           {128, 64},
                           {128, 112, 2, 1},
                           {128, 112, 1, 2},
                           {192, 96},
                           {192, 96, 2, 1},
                           {256, 80},
                           {256, 64, 1, 2},
                           {64, 48, 1, 1, 2},
                           {128, 64, 1, 1, 2},
                           {128, 64, 1, 1, 1, 3},
                           {256, 40, 1, 1, 1, 2},
                           {8, 64, 1, 1, 1, 1, 1},
                           {40, 64, 1, 1, 1, 1, 1},
                           {48, 128, 1, 2, 1, 1, 1},
                           {32, 64, 2, 1, 1, 1, 1},
                           {72, 128, 1, 1, 1, 2, 1},
                           {128, 96, 1, 1, 1, 1, 0, 2},
                           {256, 128, 1, 1, 1, 1, 0, 2}};

Config config_of(const Problem& p, const Tile& t, int clusters = 0) {
  const DeviceLimits limits = hopper_limits();
  Config c = config(p, t.block_m, t.block_n, t.cluster_m, t.cluster_n,
                    clusters * t.cluster_m * t.cluster_n * t.split_k, 8, 0, t.k_groups, t.split_k, t.swap_ab);
  if (t.store_buffers == 0) return c;
  c["store_buffers"] = t.store_buffers;
  c["stages"] = family::require(p.kernel).resolve("stages", "max", c, p, limits).value();
  return c;
}

Problem contiguous(std::vector<std::int64_t> sizes, std::int64_t alignment, const char* layout,
                   DataKind data = DataKind::integer, std::int64_t n = 328, std::int64_t k = 1152) {
  Problem p = problem(0, n, k, data);
  p.kernel = "grouped_contiguous_1d2d";
  p.groups = static_cast<std::int64_t>(sizes.size());
  p.group_sizes = std::move(sizes);
  p.alignment = alignment;
  p.layout = layout;
  set_size_from_groups(p);
  return p;
}

Problem masked(std::vector<std::int64_t> sizes, std::int64_t max_m, DataKind data = DataKind::integer,
               std::int64_t n = 328, std::int64_t k = 1152) {
  Problem p = problem(0, n, k, data);
  p.kernel = "grouped_masked_1d2d";
  p.groups = static_cast<std::int64_t>(sizes.size());
  p.group_sizes = std::move(sizes);
  p.max_m = max_m;
  set_size_from_groups(p);
  return p;
}

void expect_right(const Problem& p, int clusters = 0) {
  const gemm::Operands operands = Rig::get().operands(p);
  for (const Tile& tile : kTiles) {
    const Config c = config_of(p, tile, clusters);
    EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(p) << " " << describe(c);
  }
}

const std::vector<std::int64_t> kRagged = {1, 0, 200, 64, 7, 129, 0, 0, 65, 300, 8};

TEST(Grouped, contiguous_at_every_alignment) {
  for (const std::int64_t alignment : {32, 64, 128}) {
    expect_right(contiguous(kRagged, alignment, "indices"));
    expect_right(contiguous(kRagged, alignment, "offsets"));
  }
  expect_right(contiguous(kRagged, 1, "offsets"));
  expect_right(contiguous(kRagged, 1, "offsets", DataKind::normal));
}

TEST(Grouped, masked_with_any_counts) {
  expect_right(masked(kRagged, 300));
  expect_right(masked(kRagged, 512, DataKind::normal));
  expect_right(masked({64, 64, 64, 64}, 64));  // all at max_m
  expect_right(masked({0, 0, 0, 77}, 128));    // one hot
}

/// The ring goes on from group to group, and every place is used again.
TEST(Grouped, several_tiles_of_one_cta) {
  for (const int clusters : {1, 2, 3}) {
    expect_right(contiguous(kRagged, 1, "offsets", DataKind::integer, 1000, 2176), clusters);
    expect_right(masked(kRagged, 320, DataKind::integer, 1000, 2176), clusters);
  }
}

TEST(Grouped, many_groups) {
  std::vector<std::int64_t> sizes(300);
  for (std::size_t g = 0; g < sizes.size(); ++g) sizes[g] = static_cast<std::int64_t>(g * 7 % 23);
  expect_right(contiguous(sizes, 1, "offsets", DataKind::integer, 136, 512));
  expect_right(masked(sizes, 32, DataKind::integer, 136, 512));
}

/// In turn D of one A, D of groups with room, A, and B of all groups: of each the last group's rows are past
/// them, and no tile ends where M does, so that threads store its rows too.
TEST(Grouped, addresses_more_than_two_to_the_31_elements) {
  const std::vector<std::int64_t> first_and_last = {100, 0, 0, 0, 0, 0, 0, 90};
  for (const Problem& p :
       {contiguous({35001, 34998}, 1, "offsets", DataKind::integer, 32768, 128),
        masked(first_and_last, 9376, DataKind::integer, 32768, 128),
        masked(first_and_last, 43000, DataKind::integer, 64, 7168),
        contiguous(std::vector<std::int64_t>(72, 5), 1, "offsets", DataKind::integer, 32768, 1024)}) {
    const GroupRows last = lay_out(p, draw_sizes(p, 0)).back();
    EXPECT_GT(std::max({(last.first + last.rows) * p.n, last.first * p.k, (p.groups - 1) * p.n * p.k}),
              std::int64_t{1} << 31);
    const gemm::Operands operands = Rig::get().operands(p);
    for (const Tile& tile : {Tile{128, 112}, Tile{40, 64, 1, 1, 1, 1, 1}}) {
      const Config c = config_of(p, tile);
      EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(p) << " " << describe(c);
      EXPECT_NE(Rig::get().verdict(operands, c, kPlaceIn32Bits).defect, "")
          << describe(p) << " " << describe(c);
    }
  }
}

TEST(Grouped, rows_that_lie_apart) {
  Problem p = contiguous(kRagged, 1, "offsets");
  p.a_pitch = p.k + 128, p.b_pitch = p.k + 64, p.d_pitch = p.n + 24;
  expect_right(p);
}

/// 16-byte units from `x` on that are not as those from `y` on; not poison, where that is null.
std::uint32_t units_unlike(const void* x, const void* y, std::int64_t bytes) {
  const gpu::Stream& stream = Rig::get().stream();
  std::uint32_t unequal = 0;
  const gpu::DeviceBuffer count(sizeof unequal);
  gpu::check(cudaMemsetAsync(count.data(), 0, count.bytes(), stream.get()), "cudaMemsetAsync(count)");
  if (bytes > 0) Rig::get().support().count_unequal(count.as<std::uint32_t>(), x, y, bytes, stream.get());
  gpu::check(cudaMemcpyAsync(&unequal, count.data(), sizeof unequal, cudaMemcpyDeviceToHost, stream.get()),
             "cudaMemcpyAsync(count)");
  stream.synchronise();
  return unequal;
}

/// The launches of `operands`, which read another layout.
gemm::GemmLaunch launch_with(const gemm::Operands& operands, const gpu::DeviceBuffer& layout, const Config& c,
                             int defect = 0) {
  gemm::OperandSets sets = operands.sets();
  for (gemm::OperandSet& set : sets.sets) set.layout = layout.as<std::int32_t>();
  return gemm::gemm_launch(Rig::get().kernel(operands.problem, c, defect), c, sets);
}

TEST(Grouped, nothing_is_written_where_all_groups_are_empty) {
  for (const Problem& p : {contiguous({64, 64}, 128, "offsets"), masked({64, 64}, 64)}) {
    const gemm::Operands operands = Rig::get().operands(p);
    const gpu::DeviceBuffer empty(1024);
    const gpu::Stream& stream = Rig::get().stream();
    gpu::check(cudaMemsetAsync(empty.data(), 0, empty.bytes(), stream.get()), "cudaMemsetAsync(layout)");
    operands.reset(operands.output[0], stream.get());
    launch_with(operands, empty, config_of(p, {128, 64}))(stream.get(), 0);
    EXPECT_EQ(units_unlike(operands.output[0].d(), nullptr, operands.d_bytes()), 0u) << describe(p);
  }
}

/// What is wrong in D where all rows of some groups get the index -1: those and the rows between groups must
/// stay as they were, all others be as without that.
std::uint32_t wrong_units_without(const gemm::Operands& operands, const std::vector<std::int32_t>& gone,
                                  const Config& c, int defect = 0) {
  const auto is_gone = [&](std::int32_t group) {
    return std::find(gone.begin(), gone.end(), group) != gone.end();
  };
  const Problem& p = operands.problem;
  std::vector<std::int32_t> words = gemm::layout_words(p, 0);
  std::replace_if(words.begin(), words.end(), is_gone, -1);
  const gpu::DeviceBuffer layout(words.size() * sizeof words[0]);
  const gpu::Stream& stream = Rig::get().stream();
  gpu::check(
      cudaMemcpyAsync(layout.data(), words.data(), layout.bytes(), cudaMemcpyHostToDevice, stream.get()),
      "cudaMemcpyAsync(layout)");
  for (const gemm::GuardedOutput& output : operands.output) operands.reset(output, stream.get());
  launch_with(operands, layout, c, defect)(stream.get(), 0);
  gemm::gemm_launch(Rig::get().kernel(p, c), c, operands.sets())(stream.get(), 1);

  const std::int64_t row_bytes = p.d_stride() * p.out_bytes();
  const auto row = [&](int output, std::int64_t number) {
    return static_cast<const std::uint8_t*>(operands.output[output].d()) + number * row_bytes;
  };
  std::uint32_t wrong = 0;
  std::int64_t end = 0;
  std::int32_t group = 0;
  for (const GroupRows& rows : lay_out(p, draw_sizes(p, 0))) {
    wrong += units_unlike(row(0, end), nullptr, (rows.first - end) * row_bytes);
    wrong += units_unlike(row(0, rows.first), is_gone(group++) ? nullptr : row(1, rows.first),
                          rows.rows * row_bytes);
    end = rows.first + rows.rows;
  }
  return wrong + units_unlike(row(0, end), nullptr, (rows_of_d(p) - end) * row_bytes);
}

constexpr Tile kHosts[] = {{64, 64}, {128, 112, 2, 1}, {40, 64, 1, 1, 1, 1, 1}, {128, 96, 1, 1, 1, 1, 0, 2}};

/// Blocks of -1 before a group, between two and behind the last; rows of it that fill up a block.
TEST(Grouped, rows_of_no_group_are_left_alone) {
  for (const std::int64_t alignment : {32, 128}) {
    const gemm::Operands operands =
        Rig::get().operands(contiguous({40, 70, 64, 0, 200, 1, 129, 33}, alignment, "indices"));
    for (const Tile& tile : kHosts) {
      const Config c = config_of(operands.problem, tile);
      for (const std::vector<std::int32_t>& gone :
           std::vector<std::vector<std::int32_t>>{{}, {0}, {2, 4}, {6, 7}, {0, 1, 2, 4, 5, 6, 7}}) {
        EXPECT_EQ(wrong_units_without(operands, gone, c), 0u) << gone.size() << " " << describe(c);
        EXPECT_GT(wrong_units_without(operands, gone, c, kRowsOfNoneTaken), 0u)
            << gone.size() << " " << describe(c);
      }
    }
  }
}

/// One graph, captured once and replayed with the layout of every draw in turn.
class Replays {
 public:
  /// The kernel with the defect is in the graph alone.
  Replays(const gemm::Operands& operands, const Config& c, int defect = 0)
      : operands_(operands),
        layout_(gemm::layout_words(operands.problem, 0).size() * sizeof(std::int32_t)),
        own_(launch_with(operands, layout_, c)) {
    const gpu::Stream& stream = Rig::get().stream();
    cudaGraph_t graph = nullptr;
    gpu::check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal),
               "cudaStreamBeginCapture");
    launch_with(operands, layout_, c, defect)(stream.get(), 0);
    gpu::check(cudaStreamEndCapture(stream.get(), &graph), "cudaStreamEndCapture");
    gpu::check(cudaGraphInstantiate(&executable_, graph, 0), "cudaGraphInstantiate");
    gpu::check(cudaGraphDestroy(graph), "cudaGraphDestroy");
  }
  ~Replays() { cudaGraphExecDestroy(executable_); }
  Replays(const Replays&) = delete;
  Replays& operator=(const Replays&) = delete;

  /// Units of output 0 that are not what a launch of its own gives.
  std::uint32_t unlike_own_launch(int draw) const {
    const gpu::Stream& stream = Rig::get().stream();
    gpu::check(cudaMemcpyAsync(layout_.data(), operands_.layouts.of_draw(draw), layout_.bytes(),
                               cudaMemcpyDeviceToDevice, stream.get()),
               "cudaMemcpyAsync(layout)");
    for (const gemm::GuardedOutput& output : operands_.output) operands_.reset(output, stream.get());
    gpu::check(cudaGraphLaunch(executable_, stream.get()), "cudaGraphLaunch");
    own_(stream.get(), 1);
    return units_unlike(operands_.output[0].d(), operands_.output[1].d(), operands_.d_bytes());
  }

  /// Of the draw that the reference is of, once it has been replayed: the graph's output is judged whole.
  gemm::Judgement judgement() const {
    const gpu::Stream& stream = Rig::get().stream();
    const gpu::DeviceBuffer judged(sizeof(gemm::Judgement));
    gemm::Judgement judgement;
    gpu::check(cudaMemsetAsync(judged.data(), 0, judged.bytes(), stream.get()), "cudaMemsetAsync(judgement)");
    operands_.judge(judged.as<gemm::Judgement>(), operands_.output[0], Rig::get().support(), stream.get());
    gpu::check(
        cudaMemcpyAsync(&judgement, judged.data(), sizeof judgement, cudaMemcpyDeviceToHost, stream.get()),
        "cudaMemcpyAsync(judgement)");
    stream.synchronise();
    return judgement;
  }

 private:
  const gemm::Operands& operands_;
  gpu::DeviceBuffer layout_;
  gemm::GemmLaunch own_;
  cudaGraphExec_t executable_ = nullptr;
};

Problem routed(Problem p) {
  p.group_sizes.clear();
  p.groups = 12, p.m_per_group = 40, p.routing = "zipf:1.2";
  set_size_from_groups(p);
  return p;
}

TEST(Grouped, a_graph_follows_the_counts) {
  for (const Problem& p : {routed(masked({1}, 96)), routed(contiguous({1}, 1, "offsets")),
                           routed(contiguous({1}, 32, "indices"))}) {
    const gemm::Operands operands = Rig::get().operands(p);
    for (const Tile& tile : kHosts) {
      SCOPED_TRACE(describe(p) + " " + describe(config_of(p, tile)));
      const Replays replays(operands, config_of(p, tile));
      for (int draw = 0; draw < kDraws; ++draw) {
        EXPECT_EQ(replays.unlike_own_launch(draw), 0u) << "draw " << draw;
        if (draw != 0) continue;
        const gemm::Judgement judgement = replays.judgement();
        EXPECT_EQ(judgement.unequal, 0u);
        EXPECT_GT(judgement.reference_squared, 0);
      }
      // Its first replay is right: what it keeps shows in those behind.
      const Replays stale(operands, config_of(p, tile), kRowsOfFirstLaunch);
      EXPECT_EQ(stale.unlike_own_launch(0), 0u);
      for (int draw = 1; draw < kDraws; ++draw)
        EXPECT_GT(stale.unlike_own_launch(draw), 0u) << "draw " << draw;
    }
  }
}

TEST(GroupedDefects, are_seen) {
  // With rows of no group between: what is written there shows, whoever writes last.
  const Problem problems[] = {contiguous(kRagged, 32, "offsets"), masked(kRagged, 301)};
  for (const Problem& p : problems) {
    const gemm::Operands operands = Rig::get().operands(p);
    for (const Tile& tile : kHosts) {
      const Config c = config_of(p, tile);
      EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(c);
      for (const int defect : {kGroupEndsLate, kNextGroupsWeights, kNotClipped})
        EXPECT_NE(Rig::get().verdict(operands, c, defect).defect, "")
            << defect << " " << describe(p) << " " << describe(c);
    }
  }
  // Rows that fill up a block.
  const Problem by_index = contiguous(kRagged, 32, "indices");
  for (const Tile& tile : kHosts)
    EXPECT_NE(
        Rig::get().verdict(Rig::get().operands(by_index), config_of(by_index, tile), kRowsOfNoneTaken).defect,
        "");
  // A part of A that is not loaded: what the stage held before, of another tile of this CTA, is not what
  // belongs there.
  for (const Problem& p : problems)
    for (const Tile& tile : {Tile{128, 64}, Tile{128, 112, 1, 2}, Tile{192, 96, 1, 2}, Tile{256, 80}}) {
      const Config c = config_of(p, tile, 2);
      EXPECT_NE(Rig::get().verdict(Rig::get().operands(p), c, kTailRowsMissing).defect, "")
          << describe(p) << " " << describe(c);
    }
  // Here only the neighbours are there to be written over.
  const Problem dense = contiguous(kRagged, 1, "offsets");
  for (const Tile& tile : {Tile{64, 64}, Tile{40, 64, 1, 1, 1, 1, 1}})
    EXPECT_NE(Rig::get().verdict(Rig::get().operands(dense), config_of(dense, tile), kNotClipped).defect, "");
  // A wave of one row.
  const Problem p = contiguous({65, 128}, 128, "indices");
  const gemm::Operands operands = Rig::get().operands(p);
  EXPECT_NE(Rig::get().verdict(operands, config_of(p, {128, 64}), kRowUnwritten).defect, "");
}

/// The launch ended in an illegal instruction on two boards, in a misaligned address on a third. It may be
/// that warps of one warpgroup read it at different times and part ways between instructions that are of all
/// four; that was not looked into.
TEST(GroupedDeathTest, a_tile_that_is_taken_before_it_was_told_is_seen) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string caught = "differ|not written|were written|misaligned|launch failure|illegal instruction";
  const Problem p = contiguous(kRagged, 32, "offsets");
  const auto judge = [&](const Tile& tile) {
    report_and_exit([&] {
      return Rig::get().verdict(Rig::get().operands(p), config_of(p, tile, 2), kTileNotAwaited).defect;
    });
  };
  for (const Tile& tile : {Tile{64, 64}, Tile{128, 112, 2, 1}})
    EXPECT_EXIT(judge(tile), testing::ExitedWithCode(0), caught);
}

}  // namespace
}  // namespace gemmtune::test
