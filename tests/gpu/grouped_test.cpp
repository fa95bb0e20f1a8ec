// Groups of rows: each multiplied by its own B, whatever its size and wherever it begins; rows of no group
// are never written (the verdict looks at them).
#include "core/groups.h"
#include "gpu/rig.h"
#include "gpu/stress.h"
#include "worker/gpu/check.h"

#include <vector>

namespace gemmtune::test {
namespace {

// Of kernels/common/defect.cuh.
constexpr int kRowUnwritten = 4, kTailRowsMissing = 14, kGroupEndsLate = 16, kNextGroupsWeights = 17,
              kNotClipped = 18, kTileNotAwaited = 26;

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

/// In turn D of one A, D of groups with room, A, and B of all groups.
TEST(Grouped, addresses_more_than_two_to_the_31_elements) {
  const std::vector<std::int64_t> first_and_last = {100, 0, 0, 0, 0, 0, 0, 90};
  for (const Problem& p :
       {contiguous({35001, 34999}, 1, "offsets", DataKind::integer, 32768, 128),
        masked(first_and_last, 8752, DataKind::integer, 32768, 128),
        masked(first_and_last, 40000, DataKind::integer, 64, 7168),
        contiguous(std::vector<std::int64_t>(72, 5), 1, "offsets", DataKind::integer, 32768, 1024)}) {
    const gemm::Operands operands = Rig::get().operands(p);
    for (const Tile& tile : {Tile{128, 112}, Tile{40, 64, 1, 1, 1, 1, 1}}) {
      const Config c = config_of(p, tile);
      EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(p) << " " << describe(c);
    }
  }
}

TEST(Grouped, rows_that_lie_apart) {
  Problem p = contiguous(kRagged, 1, "offsets");
  p.a_pitch = p.k + 128, p.b_pitch = p.k + 64, p.d_pitch = p.n + 24;
  expect_right(p);
}

TEST(Grouped, nothing_is_written_where_all_groups_are_empty) {
  for (const Problem& p : {contiguous({64, 64}, 128, "offsets"), masked({64, 64}, 64)}) {
    const gemm::Operands operands = Rig::get().operands(p);
    const gpu::DeviceBuffer empty(1024);
    const gpu::Stream& stream = Rig::get().stream();
    gpu::check(cudaMemsetAsync(empty.data(), 0, empty.bytes(), stream.get()), "cudaMemsetAsync(layout)");
    gemm::OperandSets sets = operands.sets();
    for (gemm::OperandSet& set : sets.sets) set.layout = empty.as<std::int32_t>();
    operands.reset(operands.output[0], stream.get());
    const Config c = config_of(p, {128, 64});
    gemm::gemm_launch(Rig::get().kernel(p, c), c, sets)(stream.get(), 0);
    std::uint32_t written = 0;
    const gpu::DeviceBuffer count(sizeof written);
    gpu::check(cudaMemsetAsync(count.data(), 0, count.bytes(), stream.get()), "cudaMemsetAsync(count)");
    Rig::get().support().count_unequal(count.as<std::uint32_t>(), operands.output[0].d(), nullptr,
                                       operands.d_bytes(), stream.get());
    gpu::check(cudaMemcpyAsync(&written, count.data(), sizeof written, cudaMemcpyDeviceToHost, stream.get()),
               "cudaMemcpyAsync(count)");
    stream.synchronise();
    EXPECT_EQ(written, 0u) << describe(p);
  }
}

/// One graph, replayed with the layout of every draw in turn: each gives what a launch of its own gives.
TEST(Grouped, a_graph_follows_the_counts) {
  Problem p = masked({1}, 96, DataKind::integer);
  p.group_sizes.clear();
  p.groups = 12, p.m_per_group = 40, p.routing = "zipf:1.2";
  set_size_from_groups(p);
  const gemm::Operands operands = Rig::get().operands(p);
  const gpu::Stream& stream = Rig::get().stream();
  const Config c = config_of(p, {64, 64});
  const CUkernel kernel = Rig::get().kernel(p, c);
  const std::int64_t bytes = p.groups * 4;
  const gpu::DeviceBuffer layout(static_cast<std::size_t>(bytes));
  gemm::OperandSets sets = operands.sets();
  for (gemm::OperandSet& set : sets.sets) set.layout = layout.as<std::int32_t>();
  gemm::GemmLaunch launch = gemm::gemm_launch(kernel, c, sets);

  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  gpu::check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal),
             "cudaStreamBeginCapture");
  launch(stream.get(), 0);
  gpu::check(cudaStreamEndCapture(stream.get(), &graph), "cudaStreamEndCapture");
  gpu::check(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
  for (int draw = 0; draw < kDraws; ++draw) {
    gpu::check(cudaMemcpyAsync(layout.data(), operands.layouts.of_draw(draw), layout.bytes(),
                               cudaMemcpyDeviceToDevice, stream.get()),
               "cudaMemcpyAsync(layout)");
    operands.reset(operands.output[0], stream.get());
    operands.reset(operands.output[1], stream.get());
    gpu::check(cudaGraphLaunch(executable, stream.get()), "cudaGraphLaunch");
    launch(stream.get(), 1);
    std::uint32_t unequal = 0;
    const gpu::DeviceBuffer count(sizeof unequal);
    gpu::check(cudaMemsetAsync(count.data(), 0, count.bytes(), stream.get()), "cudaMemsetAsync(count)");
    Rig::get().support().count_unequal(count.as<std::uint32_t>(), operands.output[0].d(),
                                       operands.output[1].d(), operands.d_bytes(), stream.get());
    gpu::check(cudaMemcpyAsync(&unequal, count.data(), sizeof unequal, cudaMemcpyDeviceToHost, stream.get()),
               "cudaMemcpyAsync(count)");
    stream.synchronise();
    EXPECT_EQ(unequal, 0u) << "draw " << draw;
    // The draw that the reference is of: the graph's output is judged whole.
    if (draw != 0) continue;
    const gpu::DeviceBuffer judged(sizeof(gemm::Judgement));
    gemm::Judgement judgement;
    gpu::check(cudaMemsetAsync(judged.data(), 0, judged.bytes(), stream.get()), "cudaMemsetAsync(judgement)");
    operands.judge(judged.as<gemm::Judgement>(), operands.output[0], Rig::get().support(), stream.get());
    gpu::check(
        cudaMemcpyAsync(&judgement, judged.data(), sizeof judgement, cudaMemcpyDeviceToHost, stream.get()),
        "cudaMemcpyAsync(judgement)");
    stream.synchronise();
    EXPECT_EQ(judgement.unequal, 0u);
    EXPECT_GT(judgement.reference_squared, 0);
  }
  gpu::check(cudaGraphExecDestroy(executable), "cudaGraphExecDestroy");
  gpu::check(cudaGraphDestroy(graph), "cudaGraphDestroy");
}

TEST(GroupedDefects, are_seen) {
  // With rows of no group between: what is written there shows, whoever writes last.
  const Problem problems[] = {contiguous(kRagged, 32, "offsets"), masked(kRagged, 301)};
  for (const Problem& p : problems) {
    const gemm::Operands operands = Rig::get().operands(p);
    for (const Tile& tile : {Tile{64, 64}, Tile{128, 112, 2, 1}, Tile{40, 64, 1, 1, 1, 1, 1}, kTiles[17]}) {
      const Config c = config_of(p, tile);
      EXPECT_EQ(Rig::get().verdict(operands, c).defect, "") << describe(c);
      for (const int defect : {kGroupEndsLate, kNextGroupsWeights, kNotClipped})
        EXPECT_NE(Rig::get().verdict(operands, c, defect).defect, "")
            << defect << " " << describe(p) << " " << describe(c);
    }
  }
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
