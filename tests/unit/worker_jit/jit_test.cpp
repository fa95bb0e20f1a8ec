#include "worker/jit/jit.h"

#include "family/kernels.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <link.h>
#include <set>
#include <unistd.h>

namespace gemmtune::jit {
namespace {

namespace fs = std::filesystem;

/// Small kernels in a folder of their own.
class JitTest : public testing::Test {
 protected:
  JitTest() {
    std::string name = (fs::temp_directory_path() / "gemmtune-jit-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    write("common/value.cuh", "#pragma once\n__device__ inline int value() { return VALUE; }\n");
    write("gemm/tiny.cuh",
          "#include \"common/value.cuh\"\nextern \"C\" __global__ void tiny(int* out) { *out = value(); }\n");
    ::setenv("GEMMTUNE_KERNELS", (root_ / "kernels").c_str(), 1);
  }
  ~JitTest() override {
    ::unsetenv("GEMMTUNE_KERNELS");
    fs::remove_all(root_);
  }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / "kernels" / path).parent_path());
    std::ofstream(root_ / "kernels" / path) << text;
  }
  Outcome<Compiled> compile_tiny(const Defines& defines) {
    cache::CubinCache cache({root_ / "cache", 1 << 30});
    return compile({"kernels/gemm/tiny.cuh", defines}, cache);
  }

  fs::path root_;
};

TEST_F(JitTest, makes_a_cubin) {
  const auto compiled = compile_tiny({{"VALUE", "7"}});
  ASSERT_TRUE(compiled) << compiled.error().reason;
  EXPECT_EQ(compiled->cubin.substr(0, 4),
            "\x7f"
            "ELF");
  EXPECT_EQ(compiled->report.cubin_bytes, static_cast<std::int64_t>(compiled->cubin.size()));
  EXPECT_GT(compiled->report.registers, 0);
  EXPECT_GT(compiled->report.compile_ms, 0);
  EXPECT_EQ(compiled->report.kernel_hash.size(), 16u);
  EXPECT_TRUE(fs::exists(compiled->report.cubin_path));
}

TEST_F(JitTest, names_the_machine_code_whatever_the_text) {
  const auto code = [&] { return compile_tiny({{"VALUE", "7"}})->report.code_hash; };
  const std::string first = code();
  EXPECT_EQ(first.size(), 16u);
  EXPECT_EQ(code(), first) << "out of the cache";
  write("common/value.cuh",
        "#pragma once\n// Said.\n#ifdef OTHER\nint unused;\n#endif\n"
        "__device__ inline int value() { return 3 + VALUE - 3; }\n");
  EXPECT_EQ(code(), first);
  EXPECT_NE(compile_tiny({{"VALUE", "8"}})->report.code_hash, first) << "another constant";
  write("gemm/tiny.cuh",
        "#include \"common/value.cuh\"\nextern \"C\" __global__ __launch_bounds__(64) void tiny(int* out) "
        "{ *out = value(); }\n");
  EXPECT_NE(code(), first) << "the same instructions, otherwise launched";
}

/// Folders of what is loaded here under this name.
std::set<std::string> folders_of(const std::string& name) {
  std::pair<std::string, std::set<std::string>> found{name, {}};
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* into) {
        auto& [wanted, folders] = *static_cast<decltype(found)*>(into);
        const fs::path path = info->dlpi_name;
        if (path.filename().string().starts_with(wanted)) folders.insert(path.parent_path());
        return 0;
      },
      &found);
  return found.second;
}

// Where the loader looks in no folder of the toolkit, NVRTC alone would not find it.
TEST_F(JitTest, takes_the_builtins_that_lie_beside_NVRTC) {
  ASSERT_TRUE(compile_tiny({{"VALUE", "8"}}));
  EXPECT_EQ(folders_of("libnvrtc.so."), folders_of("libnvrtc-builtins.so."));
  EXPECT_EQ(folders_of("libnvrtc.so.").size(), 1u);
}

TEST_F(JitTest, takes_the_same_thing_from_the_cache) {
  const auto first = compile_tiny({{"VALUE", "7"}});
  const auto second = compile_tiny({{"VALUE", "7"}});
  EXPECT_FALSE(first->report.cached);
  EXPECT_TRUE(second->report.cached);
  EXPECT_EQ(second->report.compile_ms, 0);
  EXPECT_EQ(second->cubin, first->cubin);
  EXPECT_EQ(second->report.kernel_hash, first->report.kernel_hash);
}

TEST_F(JitTest, compiles_anew_when_a_macro_or_an_included_source_changes) {
  const auto first = compile_tiny({{"VALUE", "7"}});
  const auto other_macro = compile_tiny({{"VALUE", "8"}});
  EXPECT_NE(other_macro->report.kernel_hash, first->report.kernel_hash);
  EXPECT_NE(other_macro->cubin, first->cubin);
  write("common/value.cuh", "__device__ inline int value() { return VALUE + 1; }\n");
  EXPECT_FALSE(compile_tiny({{"VALUE", "7"}})->report.cached);
}

TEST_F(JitTest, reports_errors_as_a_failed_candidate) {
  const auto compiled = compile_tiny({});
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().invalidity, Invalidity::compile);
  EXPECT_NE(compiled.error().reason.find("common/value.cuh(2): error: identifier \"VALUE\" is undefined"),
            std::string::npos)
      << compiled.error().reason;
}

TEST_F(JitTest, reports_spills_as_a_failed_candidate_from_the_cache_too) {
  write("gemm/tiny.cuh",
        "extern \"C\" __global__ void __launch_bounds__(1024, 2) tiny(float* p) {\n"
        "  float v[64];\n"
        "  #pragma unroll\n"
        "  for (int i = 0; i < 64; ++i) v[i] = p[i * threadIdx.x];\n"
        "  __syncthreads();\n"
        "  #pragma unroll\n"
        "  for (int i = 0; i < 64; ++i) p[i] = v[63 - i] * v[i];\n"
        "}\n");
  for (int round = 0; round < 2; ++round) {
    const auto compiled = compile_tiny({});
    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error().invalidity, Invalidity::compile);
    EXPECT_EQ(compiled.error().reason.substr(0, 7), "spills ") << compiled.error().reason;
  }
}

TEST_F(JitTest, sees_no_header_of_this_machine) {
  write("gemm/tiny.cuh", "#include <stdio.h>\n");
  const auto compiled = compile_tiny({});
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().reason.find("could not open source file \"stdio.h\""), std::string::npos)
      << compiled.error().reason;
}

TEST_F(JitTest, refuses_a_kernel_that_is_not_there) {
  cache::CubinCache cache({root_ / "cache", 1 << 30});
  const auto compiled = compile({"kernels/gemm/absent.cuh", {}}, cache);
  EXPECT_EQ(compiled.error().reason, "kernels/gemm/absent.cuh is not among the kernel sources");
}

TEST_F(JitTest, compiles_without_a_cache) {
  cache::CubinCache cache({"", 0});
  const auto compiled = compile({"kernels/gemm/tiny.cuh", {{"VALUE", "1"}}}, cache);
  ASSERT_TRUE(compiled);
  EXPECT_EQ(compiled->report.cubin_path, "");
}

TEST_F(JitTest, gives_ptx) {
  const auto ptx = to_ptx({"kernels/gemm/tiny.cuh", {{"VALUE", "7"}}});
  ASSERT_TRUE(ptx);
  EXPECT_NE(ptx->find(".target sm_90a"), std::string::npos);
}

TEST_F(JitTest, complains_of_a_kernel_folder_that_cannot_be_used) {
  for (const fs::path& folder : {root_ / "absent", root_ / "cache"}) {
    ::setenv("GEMMTUNE_KERNELS", folder.c_str(), 1);
    EXPECT_THROW(compile_tiny({}), UserError) << folder;
  }
}

TEST(JobFor, gives_the_compiler_what_it_sees_as_macros) {
  const Config compiled = {{"accumulate", 1}, {"block_m", 128}, {"block_n", 112},
                           {"cluster_m", 2},  {"cluster_n", 1}, {"k_groups", 1},
                           {"out_fp32", 1},   {"split_k", 1},   {"stages", 5}};
  const Job job = job_for(family::dense_1d2d(), compiled, {{"DEFECT", "3"}});
  EXPECT_EQ(job.main, "kernels/gemm/dense_1d2d.cuh");
  EXPECT_EQ(job.defines, (Defines{{"ACCUMULATE", "1"},
                                  {"BLOCK_M", "128"},
                                  {"BLOCK_N", "112"},
                                  {"CLUSTER_M", "2"},
                                  {"CLUSTER_N", "1"},
                                  {"K_GROUPS", "1"},
                                  {"OUT_FP32", "1"},
                                  {"SPLIT_K", "1"},
                                  {"STAGES", "5"},
                                  {"DEFECT", "3"}}));
}

}  // namespace
}  // namespace gemmtune::jit
