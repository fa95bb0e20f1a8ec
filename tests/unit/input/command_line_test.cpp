#include "input/command_line.h"

#include "complaint_of.h"

namespace gemmtune::input {
namespace {

std::string complaint_about_problem(const std::string& text) {
  return complaint_of([&] { parse_problem(text); });
}

std::string complaint_about_config(const std::string& text) {
  return complaint_of([&] { parse_config(text, "dense_1d2d"); });
}

TEST(ProblemFlag, is_what_describe_writes) {
  for (const std::string text : {"dense_1d2d:m=64,n=2112,k=7168",
                                 "dense_1d2d:m=1,n=8,k=128,out=fp32,accumulate=true,recipe=ue8m0,data=zeros",
                                 "dense_1d2d:m=1,n=8,k=128,a_pitch=256,b_pitch=144,d_pitch=16"})
    EXPECT_EQ(describe(parse_problem(text)), text);
}

TEST(ProblemFlag, complains_with_the_flag_in_front) {
  EXPECT_EQ(complaint_about_problem("m=64"), "--problem m=64: expected KERNEL:m=...,n=...,k=...");
  EXPECT_EQ(complaint_about_problem("dense_1d2d:m=64,n=8"),
            "--problem dense_1d2d:m=64,n=8: \"k\" is missing");
  EXPECT_EQ(complaint_about_problem("dense_1d2d:m=64,n=8,k"),
            "--problem dense_1d2d:m=64,n=8,k: expected name=value with commas between, got \"k\"");
  EXPECT_EQ(complaint_about_problem("dense_1d2d:m=64,n=8,k=0x80"),
            "--problem dense_1d2d:m=64,n=8,k=0x80: /k: expected a positive integer, got \"0x80\"");
  EXPECT_EQ(complaint_about_problem("dense_1d2d:m=64,n=8,k=1e3"),
            "--problem dense_1d2d:m=64,n=8,k=1e3: /k: expected an integer from 1 to 2147483647, got 1000.0");
  EXPECT_EQ(complaint_about_problem("dense_1d2d:m=64,n=8,k=128,m=1"),
            "--problem dense_1d2d:m=64,n=8,k=128,m=1: \"m\" is there twice");
  EXPECT_EQ(complaint_about_problem("dense_1d2d:kernel=x,m=1,n=8,k=128"),
            "--problem dense_1d2d:kernel=x,m=1,n=8,k=128: the kernel goes before the colon");
  EXPECT_TRUE(
      begins_with(complaint_about_problem("dense_1d3d:m=1,n=8,k=128"),
                  "--problem dense_1d3d:m=1,n=8,k=128: /kernel: unknown kernel \"dense_1d3d\" (did you"));
  EXPECT_EQ(complaint_about_problem("dense_1d2d:m=1,n=8,k=128,weight=nan"),
            "--problem dense_1d2d:m=1,n=8,k=128,weight=nan: /weight: expected a number, got \"nan\"");
}

TEST(ConfigFlag, has_defaults_for_what_most_people_leave_alone) {
  const SpaceSpec space = parse_config("block_m=64,block_n=128,num_sms=minimal", "dense_1d2d");
  const std::map<std::string, std::vector<ParameterValue>> expected = {
      {"block_m", {64}},   {"block_n", {128}},        {"cluster_m", {1}}, {"cluster_n", {1}},
      {"stages", {"max"}}, {"num_sms", {"minimal"}},  {"raster", {8}},    {"k_groups", {1}},
      {"split_k", {1}},    {"evict_first", {"band"}}, {"swap_ab", {0}},   {"store_buffers", {0}},
      {"ping_pong", {0}}};
  EXPECT_EQ(space.parameters, expected);
  EXPECT_EQ(space.kernel, "dense_1d2d");
}

TEST(ConfigFlag, complains_with_the_flag_in_front) {
  EXPECT_EQ(complaint_about_config("stages=4"),
            "--config stages=4: give a value to block_m, block_n as well");
  EXPECT_EQ(complaint_about_config("block_m=64,block_n=64,stage=4"),
            "--config block_m=64,block_n=64,stage=4: unknown key \"stage\" (did you mean \"stages\"?)");
  EXPECT_EQ(complaint_about_config("block_m=64,block_n=64,stages=full"),
            "--config block_m=64,block_n=64,stages=full: /stages: expected a number or \"max\" or \"tile\", "
            "got \"full\"");
  EXPECT_EQ(complaint_about_config(""), "--config : expected name=value with commas between, got \"\"");
}

TEST(BaselinesFlag, chooses_providers_and_answers) {
  EXPECT_EQ(parse_baselines("all"), all_baselines());
  EXPECT_TRUE(parse_baselines("none").empty());
  EXPECT_EQ(parse_baselines("cublas_bf16"), (BaselineChoice{{"cublas_bf16", {}}}));
  EXPECT_EQ(parse_baselines("cublaslt_tensor:2,cublas_bf16,cublaslt_tensor:0"),
            (BaselineChoice{{"cublaslt_tensor", {0, 2}}, {"cublas_bf16", {}}}));
}

TEST(BaselinesFlag, complains_once_with_what_is_allowed) {
  EXPECT_EQ(
      complaint_of([] { parse_baselines("cublas_bf16,cudnn"); }),
      "--baselines cublas_bf16,cudnn: expected all, none, or some of cublas_bf16, cublaslt_block, "
      "cublaslt_tensor, each with or without the number of an algorithm (cublaslt_tensor:2), got \"cudnn\"");
  for (const std::string text : {"", "all,cublas_bf16", "cublas_bf16:", "cublas_bf16:x", "cublas_bf16:-1",
                                 "cublas_bf16:1:2", "cublas_bf16,", "cublas_bf16: 1"})
    EXPECT_TRUE(begins_with(complaint_of([&] { parse_baselines(text); }),
                            "--baselines " + text + ": expected all, none, or some of "))
        << text;
}

TEST(BaselinesFlag, a_provider_is_there_whole_or_by_answers) {
  for (const auto& [text, word] : {std::pair("cublas_bf16,cublas_bf16", "cublas_bf16"),
                                   std::pair("cublas_bf16,cublas_bf16:1", "cublas_bf16:1"),
                                   std::pair("cublas_bf16:1,cublas_bf16", "cublas_bf16"),
                                   std::pair("cublas_bf16:1,cublas_bf16:1", "cublas_bf16:1")})
    EXPECT_EQ(complaint_of([&] { parse_baselines(text); }),
              "--baselines " + std::string(text) + ": " + word + " is there twice");
}

}  // namespace
}  // namespace gemmtune::input
