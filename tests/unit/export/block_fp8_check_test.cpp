#include "export/block_fp8_check.h"

#include "export/block_fp8_name.h"
#include "fixtures/exported.h"
#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::exports {
namespace {

using namespace fixtures;

constexpr const char* kEntry =
    R"({"BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 128, "BLOCK_SIZE_K": 128, "GROUP_SIZE_M": 32, "num_warps": 4, "num_stages": 3})";

class BlockFp8Check : public testing::Test {
 protected:
  BlockFp8Check() {
    source_.table.environment.device = "NVIDIA H100 80GB HBM3";
    for (const std::int64_t m : {1, 64, 4096})
      source_.table.entries.push_back(table_entry(problem(m), 64, 10));
  }

  void file(const std::string& name, const std::string& text) { write_text(folder_ / name, text); }

  std::string entries(std::initializer_list<const char*> keys) const {
    std::string text;
    for (const char* key : keys)
      text += (text.empty() ? "{" : ", ") + ("\"" + std::string(key) + "\": " + kEntry);
    return text + "}";
  }

  /// `finding where`, in the order of the rows.
  std::vector<std::string> findings(const Audit& audit) const {
    std::vector<std::string> lines;
    for (const auto& row : audit.grid.rows)
      lines.push_back(std::get<std::string>(row[0]) + " " + std::get<std::string>(row[1]));
    return lines;
  }

  std::string meaning(const Audit& audit, std::size_t row) const {
    return std::get<std::string>(audit.grid.rows.at(row)[2]);
  }

  static constexpr const char* kName =
      "N=2112,K=7168,device_name=NVIDIA_H100_80GB_HBM3,dtype=fp8_w8a8,block_shape=[128,128].json";
  ScratchFolder folder_;
  Source source_;
};

using Lines = std::vector<std::string>;

TEST_F(BlockFp8Check, asks_for_no_file_of_a_kernel_without_their_scales) {
  file(kName, entries({"1", "64", "4096"}));
  source_.table.entries.push_back(table_entry(problem(64, 576), 64, 10));
  source_.table.entries.back().problem.kernel = "dense_bf16";
  const Audit audit = check_vllm(source_, folder_.path());
  EXPECT_EQ(findings(audit).front(), "not theirs dense_bf16:m=64,n=576,k=7168");
  EXPECT_FALSE(audit.complaint);
}

TEST_F(BlockFp8Check, says_which_entry_each_m_gets) {
  file(kName, entries({"1", "32", "96", "4096"}));
  const Audit audit = check_vllm(source_, folder_.path());
  EXPECT_EQ(findings(audit),
            (Lines{"ok N=2112 K=7168 M=1", "missing M N=2112 K=7168 M=64", "ok N=2112 K=7168 M=4096"}));
  EXPECT_EQ(meaning(audit, 1), "gets the entry of M=32");  // 96 is as near, and comes later
  EXPECT_TRUE(audit.complaint);
}

TEST_F(BlockFp8Check, has_nothing_to_say_against_a_complete_folder) {
  file(kName, entries({"1", "64", "4096"}));
  file("N=2112,K=7168,device_name=NVIDIA_H20,dtype=fp8_w8a8,block_shape=[128,128].json", "not even JSON");
  file("N=2112,K=7168,device_name=NVIDIA_H20,dtype=int8_w8a8,block_shape=[128,128].json", "");
  file("README.md", "");
  const Audit audit = check_vllm(source_, folder_.path());
  EXPECT_EQ(findings(audit).back(), "other device NVIDIA_H20");
  EXPECT_EQ(audit.grid.rows.size(), 4u);
  EXPECT_FALSE(audit.complaint);
}

TEST_F(BlockFp8Check, knows_the_names_that_a_reader_does_not_look_for) {
  const std::string sglang =
      "N=2112,K=7168,device_name=NVIDIA_H100_80GB_HBM3,dtype=fp8_w8a8,block_shape=[128, 128].json";
  file(sglang, entries({"1", "64", "4096"}));
  const Audit by_vllm = check_vllm(source_, folder_.path());
  EXPECT_EQ(findings(by_vllm), (Lines{"no file N=2112 K=7168", "not read " + sglang}));
  EXPECT_EQ(meaning(by_vllm, 1), std::string("the reader looks for ") + kName);
  EXPECT_FALSE(check_sglang(source_, folder_.path()).complaint);
  file("N=2112,K=7168,device_name=NVIDIA H100 80GB HBM3,dtype=fp8_w8a8,block_shape=[128, 128].json", "{}");
  file("E=256,N=128,device_name=NVIDIA_H20,dtype=fp8_w8a8,block_shape=[128, 128].json", "{}");
  const Audit by_sglang = check_sglang(source_, folder_.path());
  EXPECT_EQ(by_sglang.grid.rows.size(), 5u);
  EXPECT_EQ(findings(by_sglang)[3].substr(0, 12), "not read E=2");
  EXPECT_EQ(meaning(by_sglang, 4), "the reader looks for " + sglang);
}

TEST_F(BlockFp8Check, finds_entries_that_break_the_reader) {
  file(kName,
       R"({"1": {"BLOCK_SIZE_M": 64}, "64": )" + std::string(kEntry) + R"(, "triton_version": "3.4"})");
  EXPECT_EQ(findings(check_vllm(source_, folder_.path())),
            (Lines{"broken N=2112 K=7168 M=1", "broken N=2112 K=7168", "ok N=2112 K=7168 M=64",
                   "missing M N=2112 K=7168 M=4096"}));
  std::string wide = entries({"1"});
  wide.replace(wide.find("\"BLOCK_SIZE_K\": 128"), 19, "\"BLOCK_SIZE_K\": 256");
  file(kName, wide);
  const Audit audit = check_vllm(source_, folder_.path());
  EXPECT_EQ(findings(audit), (Lines{"broken N=2112 K=7168 M=1", "missing M N=2112 K=7168 M=64",
                                    "missing M N=2112 K=7168 M=4096"}));
  EXPECT_EQ(meaning(audit, 1), "gets the entry of M=1, which is broken");
  for (const char* text : {"", "[]", "{}"}) {
    file(kName, text);
    EXPECT_EQ(findings(check_vllm(source_, folder_.path())), Lines{"broken N=2112 K=7168"}) << text;
  }
}

TEST_F(BlockFp8Check, promises_nothing_of_a_file_that_sglang_cannot_load) {
  file(name_for({2112, 7168, "NVIDIA_H100_80GB_HBM3", "fp8_w8a8", 128, 128}, Reader::sglang),
       R"({"64": )" + std::string(kEntry) + R"(, "triton_version": "3.4"})");
  const Audit audit = check_sglang(source_, folder_.path());
  EXPECT_EQ(findings(audit), Lines{"broken N=2112 K=7168"});
  EXPECT_EQ(meaning(audit, 0), "the key \"triton_version\" is no number: the first launch fails");
}

TEST_F(BlockFp8Check, knows_that_sglang_reads_files_of_other_scales) {
  const std::string channels = "N=2112,K=7168,device_name=NVIDIA_L40S,dtype=fp8_w8a8_channelwise.json";
  file(name_for({2112, 7168, "NVIDIA_H100_80GB_HBM3", "fp8_w8a8", 128, 128}, Reader::sglang),
       entries({"1", "64", "4096"}));
  file(channels, R"({"1": null})");
  EXPECT_EQ(check_sglang(source_, folder_.path()).grid.rows.size(), 3u);
  EXPECT_FALSE(check_sglang(source_, folder_.path()).complaint);
  EXPECT_EQ(findings(check_vllm(source_, folder_.path())).back(), "not read " + channels);
  for (const char* other :
       {"N=2112,K=x,device_name=A,dtype=fp8_w8a8_channelwise.json",
        "N=2112,K=7168,device_name=A,dtype=fp8_w8a8_channelwise,block_shape=[128, 128].json",
        "N=2112,K=7168,device_name=A,dtype=fp8_w8a8_channelwise.json.bak"})
    EXPECT_FALSE(is_channelwise_name(other)) << other;
}

TEST_F(BlockFp8Check, leaves_out_problems_that_the_readers_do_not_have) {
  for (TableEntry& entry : source_.table.entries) entry.problem.out = OutputType::fp32;
  const Audit audit = check_vllm(source_, folder_.path());
  EXPECT_EQ(audit.grid.rows.size(), 3u);
  EXPECT_FALSE(audit.complaint);
}

TEST_F(BlockFp8Check, needs_a_folder) {
  EXPECT_THROW(check_vllm(source_, folder_ / "none"), UserError);
}

TEST(BlockFp8Name, reads_back_what_either_reader_looks_for) {
  const BlockFp8Name name{24576, 1536, "NVIDIA_H200", "fp8_w8a8", 128, 128};
  for (const Reader reader : {Reader::vllm, Reader::sglang}) {
    const auto parsed = parse_block_fp8_name(name_for(name, reader));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(name_for(*parsed, reader), name_for(name, reader));
  }
  for (const char* other :
       {"N=1,K=2,device_name=x,dtype=fp8_w8a8.json", "N=a,K=2,device_name=x,dtype=y,block_shape=[1,2].json",
        "N=1,K=2,device_name=x,dtype=y,block_shape=[1,2].json.bak", ""})
    EXPECT_FALSE(parse_block_fp8_name(other)) << other;
}

}  // namespace
}  // namespace gemmtune::exports
