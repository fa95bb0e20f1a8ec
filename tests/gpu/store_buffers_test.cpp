// D that is stored in parts, which take turns at few places in shared memory (`store_buffers`).
#include "gpu/stress.h"
#include "util/embedded.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gemmtune::test {
namespace {

constexpr int kRowUnwritten = 4;  // of kernels/common/defect.cuh

struct Tile {
  int block_m, block_n, cluster_m = 1, cluster_n = 1, k_groups = 1;
};

/// One part and many, one wave a warpgroup and two, one to three warpgroups, both multicasts, k-groups.
constexpr Tile kTiles[] = {{64, 32},         {64, 192}, {64, 64, 1, 1, 2}, {128, 96},       {128, 128, 2, 1},
                           {128, 192, 1, 2}, {192, 96}, {256, 64},         {256, 128, 1, 2}};

Config stored_in_parts(const Problem& p, const Tile& t, int buffers, int clusters = 0) {
  const DeviceLimits limits = hopper_limits();
  const family::Family& family = family::require(p.kernel);
  // Whole, D may leave room for one stage alone.
  Problem narrow = p;
  narrow.out = OutputType::bf16, narrow.accumulate = false;
  Config c = config(narrow, t.block_m, t.block_n, t.cluster_m, t.cluster_n,
                    clusters * t.cluster_m * t.cluster_n, 8, 0, t.k_groups);
  c["store_buffers"] = buffers;
  c["stages"] = family.resolve("stages", "max", c, p, limits).value();
  const auto violation = family.illegal(c, p, limits);
  EXPECT_FALSE(violation) << describe(c) << ": " << (violation ? violation->sentence() : "");
  return c;
}

Problem of_kernel(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k) {
  Problem p = problem(m, n, k, DataKind::integer);
  p.kernel = kernel;
  return p;
}

constexpr const char* kKernels[] = {"dense_1d1d", "dense_1d2d", "dense_bf16", "dense_tensor"};

TEST(StoreBuffers, are_right_wherever_m_and_n_end) {
  for (const char* kernel : kKernels)
    for (const int m : {1, 65, 129, 200, 257, 385}) {
      const Problem p = of_kernel(kernel, m, 456, 1152);
      const gemm::Operands operands = Rig::get().operands(p);
      for (const Tile& tile : kTiles)
        for (const int buffers : {2, 3, 4})
          EXPECT_EQ(Rig::get().verdict(operands, stored_in_parts(p, tile, buffers)).defect, "")
              << describe(p) << " " << describe(stored_in_parts(p, tile, buffers));
    }
}

/// A place is taken again by the next tile; two waves of which one lies past M count their parts all the
/// same.
TEST(StoreBuffers, are_right_over_many_tiles_of_one_cta) {
  for (const char* kernel : kKernels)
    for (const int m : {320, 449}) {
      const Problem p = of_kernel(kernel, m, 2000, 512);
      const gemm::Operands operands = Rig::get().operands(p);
      for (const Tile& tile : kTiles)
        for (const int buffers : {2, 3, 5})
          EXPECT_EQ(Rig::get().verdict(operands, stored_in_parts(p, tile, buffers, 1)).defect, "")
              << describe(p) << " " << describe(stored_in_parts(p, tile, buffers, 1));
    }
}

TEST(StoreBuffers, in_fp32_and_added) {
  for (const char* kernel : kKernels)
    for (const bool accumulate : {false, true}) {
      Problem p = of_kernel(kernel, 321, 456, 1152);
      p.out = OutputType::fp32, p.accumulate = accumulate;
      const gemm::Operands operands = Rig::get().operands(p);
      for (const Tile& tile : kTiles)
        EXPECT_EQ(Rig::get().verdict(operands, stored_in_parts(p, tile, 2)).defect, "")
            << describe(p) << " " << describe(stored_in_parts(p, tile, 2));
    }
}

TEST(StoreBuffers, a_row_that_is_not_stored_is_seen) {
  const Problem p = of_kernel("dense_1d2d", 65, 456, 1152);
  const gemm::Operands operands = Rig::get().operands(p);
  EXPECT_NE(Rig::get().verdict(operands, stored_in_parts(p, {64, 64}, 2), kRowUnwritten).defect, "");
}

/// kernels/ with a line of one file taken out, as $GEMMTUNE_KERNELS while this lives.
class KernelsWithout {
 public:
  KernelsWithout(const std::string& file, const std::string& line) {
    bool found = false;
    for (KernelSource source : kernel_sources()) {
      if (const auto at = source.path == file ? source.bytes.find(line) : std::string::npos;
          at != std::string::npos) {
        source.bytes.erase(at, line.size());
        found = true;
      }
      const auto path = folder_ / source.path;
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path) << source.bytes;
    }
    EXPECT_TRUE(found) << file << " has no line " << line;
    setenv("GEMMTUNE_KERNELS", (folder_ / "kernels").c_str(), 1);
  }
  ~KernelsWithout() {
    unsetenv("GEMMTUNE_KERNELS");
    std::filesystem::remove_all(folder_);
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("gemmtune_kernels_without." + std::to_string(getpid()));
};

TEST(StoreBuffers, a_place_that_is_overwritten_while_it_is_read_is_seen) {
  const Problem p = of_kernel("dense_1d2d", 512, 2048, 512);
  const gemm::Operands operands = Rig::get().operands(p);
  const Config c = stored_in_parts(p, {256, 128}, 2, 4);
  EXPECT_EQ(Rig::get().verdict(operands, c).defect, "");
  const KernelsWithout wait("kernels/pipeline/store.cuh", "tma_store_wait_read<STORE_BUFFERS - 2>()");
  EXPECT_NE(Rig::get().verdict(operands, c).defect, "");
}

}  // namespace
}  // namespace gemmtune::test
