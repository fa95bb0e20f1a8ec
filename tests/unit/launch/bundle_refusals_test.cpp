// What the loader of bundles refuses before it launches anything, and with which code.
#include "launch/bundle.h"
#include "unit/launch/bundle_fixture.h"

#include <filesystem>
#include <sys/stat.h>
#include <thread>
#include <tuple>

namespace gemmtune::launch {
namespace {

namespace fake = fake_driver;
namespace fs = std::filesystem;
using test::operands;

TEST_F(BundleTest, names_the_file_that_is_missing_or_damaged) {
  fs::rename(folder_.file("cubins/hash2.cubin"), folder_.file("away"));
  EXPECT_EQ(code_of_opening(), GEMMTUNE_MISSING_CUBIN);
  EXPECT_TRUE(says("cubins/hash2.cubin")) << message_;
  write_file_atomic(folder_.file("cubins/hash2.cubin"), "cubin of hashX");
  EXPECT_EQ(code_of_opening(), GEMMTUNE_DAMAGED);
  EXPECT_TRUE(says("cubins/hash2.cubin")) << message_;
  const std::string index = read_file(folder_.file("index.txt"));
  write_file_atomic(folder_.file("index.txt"), index.substr(0, index.size() - 10));
  EXPECT_EQ(code_of_opening(), GEMMTUNE_DAMAGED);
  EXPECT_TRUE(says("/index.txt is not as it was written")) << message_;
  write_file_atomic(folder_.file("index.txt"), "gemmtune.bundle/5 0\n");
  EXPECT_EQ(code_of_opening(), GEMMTUNE_NOT_A_BUNDLE);
  EXPECT_TRUE(says("gemmtune.bundle/5")) << message_;
  fs::remove(folder_.file("index.txt"));
  EXPECT_EQ(code_of_opening(), GEMMTUNE_NOT_A_BUNDLE);
}

TEST_F(BundleTest, never_reads_what_lies_outside_its_folder) {
  const Index index = parse_index(read_file(folder_.file("index.txt")));
  for (const char* file : {"../../dev/zero", "/dev/zero", "cubins/../../x", "cubins//x", "./x", ".."}) {
    Index changed = index;
    changed.cubins[2].file = file;
    write_file_atomic(folder_.file("index.txt"), exports::to_text(changed));
    EXPECT_EQ(code_of_opening(), GEMMTUNE_DAMAGED) << file;
    EXPECT_TRUE(says(file)) << message_;
  }
}

/// Nothing is waited for, and memory has a bound.
TEST_F(BundleTest, takes_no_pipe_no_device_and_nothing_huge_for_a_file) {
  const fs::path cubin = folder_.file("cubins/hash2.cubin");
  fs::remove(cubin);
  ASSERT_EQ(::mkfifo(cubin.c_str(), 0600), 0);
  EXPECT_EQ(code_of_opening(), GEMMTUNE_MISSING_CUBIN);
  fs::remove(cubin);
  fs::create_symlink("/dev/zero", cubin);
  EXPECT_EQ(code_of_opening(), GEMMTUNE_MISSING_CUBIN);
  fs::remove(cubin);
  write_file_atomic(cubin, "");
  fs::resize_file(cubin, kMostFileBytes + 1);
  EXPECT_EQ(code_of_opening(), GEMMTUNE_DAMAGED);
  EXPECT_TRUE(says("larger than any file of a bundle")) << message_;
  fs::remove(folder_.file("index.txt"));
  ASSERT_EQ(::mkfifo(folder_.file("index.txt").c_str(), 0600), 0);
  EXPECT_EQ(code_of_opening(), GEMMTUNE_NOT_A_BUNDLE);
}

/// The launcher divides by these and multiplies them.
TEST_F(BundleTest, refuses_sizes_that_no_launch_has) {
  const Index index = parse_index(read_file(folder_.file("index.txt")));
  for (const RecipeMember& member : kRecipeMembers)
    for (const std::uint32_t value : {0u, 65536u}) {
      const std::string name = member.name;
      const bool checked = name.starts_with("block_") || name.starts_with("cluster_") || name == "split_k" ||
                           name == "out_bytes";
      if (!checked) continue;
      Index changed = index;
      changed.entries[2].recipe.*member.value = value;
      write_file_atomic(folder_.file("index.txt"), exports::to_text(changed));
      EXPECT_EQ(code_of_opening(), GEMMTUNE_DAMAGED) << name << " " << value;
    }
  GemmRecipe most;
  most.block_m = most.block_n = 1;
  most.split_k = 1024;
  most.most_ctas = 1 << 20;
  EXPECT_EQ(most.grid(INT32_MAX, INT32_MAX), most.most_ctas);
  EXPECT_EQ(most.grid(3, 4), 12u * 1024);
}

TEST_F(BundleTest, refuses_a_gpu_that_its_kernels_cannot_run_on) {
  fake::Device device;
  device.name = "NVIDIA B200", device.cc_major = 10;
  fake::reset(device);
  EXPECT_EQ(code_of_opening(), GEMMTUNE_WRONG_GPU);
  EXPECT_TRUE(says("NVIDIA B200 (compute capability 10.0")) << message_;
  EXPECT_TRUE(says("NVIDIA H100 80GB HBM3")) << message_;
  device = {};
  device.smem_bytes = 64 * 1024;
  fake::reset(device);
  EXPECT_EQ(code_of_opening(), GEMMTUNE_WRONG_GPU);
  EXPECT_TRUE(says("bytes of shared memory")) << message_;
  EXPECT_EQ(fake::modules_alive(), 0);
}

TEST_F(BundleTest, notes_a_gpu_that_it_was_not_tuned_on) {
  fake::Device device;
  device.name = "NVIDIA H100 PCIe", device.sms = 114;
  fake::reset(device);
  const Bundle bundle(folder_.path());
  EXPECT_EQ(bundle.note(),
            "tuned on NVIDIA H100 80GB HBM3 (compute capability 9.0, 132 SMs), running on NVIDIA H100 PCIe "
            "(compute capability 9.0, 114 SMs)");
}

TEST_F(BundleTest, wants_a_context_and_the_device_it_was_opened_on) {
  fake::Device device;
  device.has_context = false;
  fake::reset(device);
  EXPECT_EQ(code_of_opening(), GEMMTUNE_NO_CONTEXT);
  fake::reset();
  Bundle bundle(folder_.path());
  const auto launch = [&] { bundle.gemm("dense_1d2d", 64, 2112, 7168, operands(), nullptr); };
  device.has_context = true, device.number = 1;
  fake::reset(device);
  EXPECT_EQ(code_of(launch), GEMMTUNE_WRONG_GPU);
  EXPECT_TRUE(fake::launches().empty());
}

TEST_F(BundleTest, gives_its_context_to_a_thread_that_has_none) {
  Bundle bundle(folder_.path());
  fake::Device device;
  device.has_context = false;
  fake::reset(device);
  bundle.gemm("dense_1d2d", 64, 2112, 7168, operands(), nullptr);
  EXPECT_EQ(fake::launches().size(), 1u);
}

TEST_F(BundleTest, says_which_call_to_the_driver_failed) {
  fake::fail_next("cuLibraryLoadData", CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(code_of_opening(), GEMMTUNE_DRIVER_ERROR);
  EXPECT_TRUE(says("cuLibraryLoadData: CUDA_ERROR_FAKED")) << message_;
  Bundle bundle(folder_.path());
  const auto launch = [&] { bundle.gemm("dense_1d2d", 64, 2112, 7168, operands(), nullptr); };
  fake::fail_next("cuTensorMapEncodeTiled", CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(code_of(launch), GEMMTUNE_DRIVER_ERROR);
  EXPECT_TRUE(says("cuTensorMapEncodeTiled")) << message_;
  fake::fail_next("cuLaunchKernelEx", CUDA_ERROR_LAUNCH_FAILED);
  EXPECT_EQ(code_of(launch), GEMMTUNE_DRIVER_ERROR);
  EXPECT_TRUE(says("cuLaunchKernelEx")) << message_;
  EXPECT_EQ(code_of(launch), GEMMTUNE_OK);
}

}  // namespace
}  // namespace gemmtune::launch
