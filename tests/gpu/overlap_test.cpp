// Launches that may begin before the one before them has ended, which makes what they read.
#include "gpu/stress.h"

namespace gemmtune::test {
namespace {

constexpr int kGridNotAwaited = 11, kCNotAwaited = 13;  // of kernels/common/defect.cuh

constexpr std::int64_t kRows = 136;

/// Rings that are shorter than a tile's k-blocks, and that hold all of them.
constexpr std::int64_t kDepths[] = {7168, 512};

gemm::GemmLaunch launch(const gemm::OperandSets& sets, const Config& c, int defect, bool overlaps) {
  gemm::LaunchTweaks tweaks;
  tweaks.overlaps = overlaps;
  return gemm::gemm_launch(Rig::get().kernel(sets.problem, c, defect), c, sets, tweaks);
}

/// The scales of A of one GEMM, which another one writes as its D: [K / 128][M] both. That one takes three
/// SMs for some 20 us, so that the second can begin on the others.
class HandedOn {
 public:
  explicit HandedOn(std::int64_t depth)
      : first_(Rig::get().operands(makes_scales(depth))),
        second_(Rig::get().operands(problem(kRows, 576, depth))),
        scales_(static_cast<std::size_t>(depth / 128 * kRows * 4)) {}

  const Problem& problem_of_second() const { return second_.problem; }

  /// What differs where the second one may begin early from where it may not; "" when nothing does.
  std::string found(const Config& c, int defect = 0) {
    cudaStream_t stream = Rig::get().stream().get();
    gemm::OperandSets makes = first_.sets();
    makes.sets[0].d = scales_.data();
    const auto make = launch(makes, config(makes.problem, 64, 64), 0, false);
    gemm::OperandSets uses = second_.sets();
    for (gemm::OperandSet& set : uses.sets) set.a.scales = scales_.as<float>();
    const auto use = launch(uses, c, 0, false), use_early = launch(uses, c, defect, true);
    Differences differences;
    for (int round = 0; round < kRepeats; ++round) {
      for (const bool early : {false, true}) {
        gpu::check(cudaMemsetAsync(scales_.data(), 0, scales_.bytes(), stream), "cudaMemsetAsync(scales)");
        make(stream, 0);
        early ? use_early(stream, 1) : use(stream, 0);
      }
      differences.add(second_, second_.output[1]);
    }
    return differences.found();
  }

 private:
  static Problem makes_scales(std::int64_t depth) {
    Problem p = problem(depth / 128, kRows, 7168);
    p.out = OutputType::fp32;
    return p;
  }

  gemm::Operands first_, second_;
  gpu::DeviceBuffer scales_;
};

/// One warpgroup and several, several tiles a CTA, both multicasts, shared K, swapped tiles.
std::vector<Config> configs(const Problem& p) {
  return {config(p, 64, 64),
          config(p, 64, 64, 1, 1, 4),
          config(p, 128, 64, 2, 1),
          config(p, 128, 96, 1, 2),
          config(p, 64, 32, 1, 1, 0, 8, 0, 2, 2),
          config(p, 72, 64, 1, 1, 0, 8, 0, 2, 1, 1)};
}

TEST(Overlap, a_launch_that_begins_early_waits_for_what_it_reads) {
  for (const std::int64_t depth : kDepths) {
    HandedOn handed_on(depth);
    for (const Config& c : configs(handed_on.problem_of_second()))
      EXPECT_EQ(handed_on.found(c), "") << depth << " " << describe(c);
  }
}

TEST(Overlap, one_that_does_not_wait_is_seen) {
  for (const std::int64_t depth : kDepths) {
    HandedOn handed_on(depth);
    for (const Config& c : configs(handed_on.problem_of_second()))
      EXPECT_NE(handed_on.found(c, kGridNotAwaited), "") << depth << " " << describe(c);
  }
}

/// A GEMM on three SMs, and one on the others that adds to its D in BF16.
class AddedTo {
 public:
  explicit AddedTo(std::int64_t depth)
      : first_(Rig::get().operands(problem(kRows, 576, 7168))), second_(Rig::get().operands(adds(depth))) {}

  const Problem& problem_of_second() const { return second_.problem; }

  /// As HandedOn::found.
  std::string found(const Config& c, int defect = 0) {
    cudaStream_t stream = Rig::get().stream().get();
    gemm::OperandSets makes = first_.sets();
    makes.sets[0].d = second_.output[0].d(), makes.sets[1].d = second_.output[1].d();
    const auto make = launch(makes, config(makes.problem, 64, 64, 1, 1, 3), 0, false);
    const auto add = launch(second_.sets(), c, 0, false), add_early = launch(second_.sets(), c, defect, true);
    Differences differences;
    for (int round = 0; round < kRepeats; ++round) {
      for (const bool early : {false, true}) {
        const gemm::GuardedOutput& output = second_.output[early];
        gpu::check(cudaMemsetAsync(output.d(), 0, second_.d_bytes(), stream), "cudaMemsetAsync(output)");
        make(stream, early);
        early ? add_early(stream, 1) : add(stream, 0);
      }
      differences.add(second_, second_.output[1]);
    }
    return differences.found();
  }

 private:
  static Problem adds(std::int64_t depth) {
    Problem p = problem(kRows, 576, depth);
    p.accumulate = true;
    return p;
  }

  gemm::Operands first_, second_;
};

/// C asked for at a tile's start and in its middle, and behind the sums of a cluster.
TEST(Overlap, one_that_adds_waits_for_what_it_adds_to) {
  for (const std::int64_t depth : kDepths) {
    AddedTo added_to(depth);
    const Problem& p = added_to.problem_of_second();
    for (const Config& c : {config(p, 64, 64), config(p, 128, 96), config(p, 64, 32, 1, 1, 0, 8, 0, 2, 2)})
      EXPECT_EQ(added_to.found(c), "") << depth << " " << describe(c);
    for (const Config& c : {config(p, 64, 64), config(p, 128, 96)})
      EXPECT_NE(added_to.found(c, kGridNotAwaited), "") << depth << " " << describe(c);
  }
}

/// Where K is long, C is asked for in the middle of a tile, after A has been awaited: its own wait matters at
/// K 512 alone.
TEST(Overlap, one_that_does_not_wait_for_what_it_adds_to_is_seen) {
  AddedTo added_to(512);
  const Problem& p = added_to.problem_of_second();
  for (const Config& c : {config(p, 64, 64), config(p, 128, 96)})
    EXPECT_NE(added_to.found(c, kCNotAwaited), "") << describe(c);
}

}  // namespace
}  // namespace gemmtune::test
