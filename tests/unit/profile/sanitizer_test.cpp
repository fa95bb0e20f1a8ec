#include "profile/sanitizer.h"

#include "profile/command_lines.h"

#include <gtest/gtest.h>

namespace gemmtune::profile {
namespace {

constexpr const char* kClean = "========= COMPUTE-SANITIZER\n========= ERROR SUMMARY: 0 errors\n";
constexpr const char* kErrors =
    "========= COMPUTE-SANITIZER\n"
    "what the program says\n"
    "========= Invalid __global__ read of size 4 bytes\n"
    "=========     at dense_1d2d+0x90 in gemm/dense_1d2d.cuh:319\n"
    "========= \n"
    "========= ERROR SUMMARY: 2 errors\n";

TEST(Sanitizer, is_clean_only_when_it_says_so) {
  EXPECT_EQ(read_sanitizer(kClean, 0).outcome, SanitizerOutcome::clean);
  EXPECT_EQ(read_sanitizer("", 0).outcome, SanitizerOutcome::failed);
  EXPECT_EQ(read_sanitizer("========= COMPUTE-SANITIZER\n", 0).outcome, SanitizerOutcome::failed);
}

TEST(Sanitizer, has_its_errors_counted_and_the_first_named) {
  const auto finding = read_sanitizer(kErrors, kSanitizerFoundErrors);
  EXPECT_EQ(finding.outcome, SanitizerOutcome::errors);
  EXPECT_EQ(finding.errors, 2);
  EXPECT_EQ(finding.example, "Invalid __global__ read of size 4 bytes");
}

TEST(Sanitizer, adds_up_the_processes_below_it) {
  EXPECT_EQ(read_sanitizer(std::string(kClean) + kErrors + kErrors, 0).errors, 4);
}

TEST(Sanitizer, counts_hazards_of_racecheck) {
  const auto finding = read_sanitizer(
      "========= Warning: Race reported between Write access at k+0x10 and Read access at k+0x20 [16 "
      "hazards]\n"
      "========= RACECHECK SUMMARY: 1 hazard displayed (0 errors, 1 warning)\n",
      0);
  EXPECT_EQ(finding.outcome, SanitizerOutcome::errors);
  EXPECT_EQ(finding.errors, 1);
}

TEST(Sanitizer, that_ends_with_its_exit_code_has_found_errors_even_without_a_sum) {
  EXPECT_EQ(read_sanitizer("========= Out of memory\n", kSanitizerFoundErrors).outcome,
            SanitizerOutcome::errors);
}

TEST(Sanitizer, has_failed_when_the_program_below_it_has) {
  const auto finding = read_sanitizer(std::string("not profiled: launch failure\n") + kClean, 3);
  EXPECT_EQ(finding.outcome, SanitizerOutcome::failed);
  EXPECT_NE(finding.example, "");
}

TEST(Sanitizer, that_does_not_support_something_has_neither_found_errors_nor_none) {
  const std::string said = "========= Warning: Clusters are not supported by racecheck\n";
  EXPECT_EQ(read_sanitizer(said + kClean, 0).outcome, SanitizerOutcome::unsupported);
  EXPECT_EQ(read_sanitizer("========= Error: Unsupported instruction\n", 1).outcome,
            SanitizerOutcome::unsupported);
  EXPECT_EQ(read_sanitizer(said + kErrors, 0).outcome, SanitizerOutcome::errors)
      << "what it found it has found";
  EXPECT_EQ(read_sanitizer(std::string("not supported, says the program\n") + kClean, 0).outcome,
            SanitizerOutcome::clean);
}

}  // namespace
}  // namespace gemmtune::profile
