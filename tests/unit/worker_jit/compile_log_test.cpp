#include "worker/jit/compile_log.h"

#include <gtest/gtest.h>

namespace gemmtune::jit {
namespace {

// As NVRTC 13.0 prints them.
constexpr const char* kClean =
    "ptxas info    : 0 bytes gmem\n"
    "ptxas info    : Compiling entry function 'wgmma_setmaxnreg_test' for 'sm_90a'\n"
    "ptxas info    : Function properties for wgmma_setmaxnreg_test\n"
    "ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
    "ptxas info    : Used 168 registers, used 16 barriers, 1040 bytes smem\n"
    "ptxas info    : Compile time = 51.817 ms\n";
constexpr const char* kSpilling =
    "ptxas info    : Compiling entry function 'dense_1d2d' for 'sm_90a'\n"
    "ptxas         .     24 bytes stack frame, 36 bytes spill stores, 72 bytes spill loads\n"
    "ptxas info    : Used 168 registers, used 16 barriers, 24 bytes cumulative stack size\n";

TEST(CompileLog, gives_what_ptxas_counted) {
  const auto usage = parse_usage(kClean);
  EXPECT_EQ(usage.registers, 168);
  EXPECT_EQ(usage.spill_bytes, 0);
  EXPECT_EQ(usage.stack_bytes, 0);
  EXPECT_EQ(usage.static_smem_bytes, 1040);
}

TEST(CompileLog, gives_the_largest_of_several_functions) {
  const auto usage = parse_usage(std::string(kSpilling) + kClean);
  EXPECT_EQ(usage.spill_bytes, 36 + 72);
  EXPECT_EQ(usage.stack_bytes, 24);
  EXPECT_EQ(usage.static_smem_bytes, 1040);
}

TEST(CompileLog, has_no_objection_to_a_clean_one_whatever_its_functions_are_called) {
  EXPECT_EQ(objection(parse_usage(kClean), kClean), "");
}

TEST(CompileLog, objects_to_spills) {
  EXPECT_EQ(objection(parse_usage(kSpilling), kSpilling), "spills 108 bytes of registers");
}

TEST(CompileLog, objects_to_a_serialised_wgmma_pipeline) {
  const std::string log =
      std::string(kClean) +
      "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are "
      "serialized due to non wgmma instructions defining accumulator registers\n";
  EXPECT_EQ(
      objection({}, log),
      "ptxas: (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized due to non "
      "wgmma instructions defining accumulator registers");
}

TEST(CompileLog, objects_to_an_ignored_setmaxnreg) {
  const std::string log =
      "ptxas info    : (C7508) setmaxnreg ignored; unable to determine register count at entry\n";
  EXPECT_EQ(objection({}, log),
            "ptxas: (C7508) setmaxnreg ignored; unable to determine register count at entry");
}

TEST(CompileLog, shows_the_first_errors_of_many) {
  std::string log = "dense.cuh(3): warning #1-D: last line\n";
  for (int i = 1; i <= 9; ++i) log += "dense.cuh(" + std::to_string(i) + "): error: no such thing\n\n";
  EXPECT_EQ(
      first_errors(log),
      "dense.cuh(1): error: no such thing; dense.cuh(2): error: no such thing; dense.cuh(3): error: no such "
      "thing");
}

TEST(CompileLog, shows_a_log_that_names_no_error) {
  EXPECT_EQ(first_errors("something else\n"), "something else");
}

}  // namespace
}  // namespace gemmtune::jit
