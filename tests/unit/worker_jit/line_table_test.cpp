#include "worker/jit/line_table.h"

#include "family/kernels.h"
#include "util/atomic_file.h"
#include "worker/jit/jit.h"

#include <gtest/gtest.h>

#include <cstring>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace gemmtune::jit {
namespace {

namespace fs = std::filesystem;

/// The bytes of a cubin's section; empty when it has none of that name.
std::string section(const std::string& cubin, const std::string& name) {
  Elf64_Ehdr header;
  std::memcpy(&header, cubin.data(), sizeof header);
  const auto at = [&](std::size_t index) {
    Elf64_Shdr found;
    std::memcpy(&found, cubin.data() + header.e_shoff + index * header.e_shentsize, sizeof found);
    return found;
  };
  const Elf64_Shdr names = at(header.e_shstrndx);
  for (std::size_t i = 0; i < header.e_shnum; ++i)
    if (const Elf64_Shdr s = at(i); name == cubin.data() + names.sh_offset + s.sh_name)
      return cubin.substr(s.sh_offset, s.sh_size);
  return "";
}

fs::path folder_of_its_own() {
  std::string name = (fs::temp_directory_path() / "gemmtune-lines-XXXXXX").string();
  return ::mkdtemp(name.data());
}

class LineTable : public testing::Test {
 protected:
  ~LineTable() override { fs::remove_all(root_); }

  Compiled compile_with(const fs::path& line_table) {
    Job job = job_for(family::dense_1d2d(), {{"block_m", 128},
                                             {"block_n", 112},
                                             {"cluster_m", 2},
                                             {"cluster_n", 1},
                                             {"k_groups", 1},
                                             {"split_k", 1},
                                             {"stages", 5},
                                             {"swap_ab", 0}});
    job.line_table = line_table;
    auto compiled = compile(job, cache_);
    EXPECT_TRUE(compiled) << compiled.error().reason;
    return *compiled;
  }

  const fs::path root_ = folder_of_its_own();
  cache::CubinCache cache_{{root_ / "cache", 1 << 30}};
};

TEST_F(LineTable, changes_the_artefact_but_no_byte_of_the_code) {
  const Compiled plain = compile_with("");
  const Compiled profiled = compile_with(keep_sources(root_));
  const std::string code = section(plain.cubin, ".text.dense_1d2d");
  EXPECT_GT(code.size(), 1000u);
  EXPECT_EQ(section(profiled.cubin, ".text.dense_1d2d"), code);
  EXPECT_EQ(profiled.report.registers, plain.report.registers);
  EXPECT_NE(profiled.report.kernel_hash, plain.report.kernel_hash);
  EXPECT_EQ(plain.report.code_hash.size(), 16u);
  EXPECT_EQ(profiled.report.code_hash, plain.report.code_hash);
  EXPECT_EQ(section(plain.cubin, ".debug_line"), "");
}

TEST_F(LineTable, names_the_sources_that_were_kept) {
  const fs::path kept = keep_sources(root_);
  const std::string table = section(compile_with(kept).cubin, ".debug_line");
  for (const char* folder : {"gemm", "ptx", "common"})
    EXPECT_NE(table.find((kept / "kernels" / folder).string()), std::string::npos) << folder;
  EXPECT_NE(table.find("dense_1d2d.cuh"), std::string::npos);
}

TEST_F(LineTable, keeps_every_source_as_it_is_and_in_the_same_place_every_time) {
  const fs::path kept = keep_sources(root_);
  for (const KernelSource& source : kernel_sources()) EXPECT_EQ(read_file(kept / source.path), source.bytes);
  std::ofstream(kept / "kernels/gemm/dense_1d2d.cuh") << "changed by somebody";
  EXPECT_EQ(keep_sources(root_), kept);
  EXPECT_EQ(read_file(kept / "kernels/gemm/dense_1d2d.cuh"), *embedded_file("kernels/gemm/dense_1d2d.cuh"));
}

TEST_F(LineTable, keeps_the_numbers_of_lines) {
  const auto named = named_as_kept({{"kernels/a.cuh", "first\n"}}, "/kept");
  EXPECT_EQ(named.front().bytes, "#line 1 \"/kept/kernels/a.cuh\"\nfirst\n");
}

TEST_F(LineTable, comes_from_the_cache_the_second_time) {
  EXPECT_FALSE(compile_with(keep_sources(root_)).report.cached);
  EXPECT_TRUE(compile_with(keep_sources(root_)).report.cached);
}

}  // namespace
}  // namespace gemmtune::jit
