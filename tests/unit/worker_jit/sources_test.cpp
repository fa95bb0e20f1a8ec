#include "worker/jit/sources.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune::jit {
namespace {

std::vector<std::string> paths(const std::vector<KernelSource>& sources) {
  std::vector<std::string> list;
  for (const KernelSource& source : sources) list.push_back(source.path);
  return list;
}

const std::vector<KernelSource> kAll = {
    {"kernels/a.cuh", "#include \"b/b.cuh\"\nint a;"},
    {"kernels/b/b.cuh", "#pragma once\n#if X\n#include \"c.cuh\"\n#endif\n"},
    {"kernels/c.cuh", "#include \"a.cuh\"\n"},
    {"kernels/d.cuh", "#include \"a.cuh\"\n"},
};

TEST(SourcesOf, are_those_that_are_included_in_the_end) {
  EXPECT_EQ(paths(sources_of("kernels/a.cuh", kAll)),
            (std::vector<std::string>{"kernels/a.cuh", "kernels/b/b.cuh", "kernels/c.cuh"}));
  EXPECT_EQ(sources_of("kernels/d.cuh", kAll).size(), 4u);
  EXPECT_TRUE(sources_of("kernels/e.cuh", kAll).empty());
}

TEST(SourcesOf, of_the_gemm_leave_out_ceilings_and_support) {
  const auto gemm = paths(sources_of("kernels/gemm/dense_1d2d.cuh", kernel_sources()));
  EXPECT_NE(std::ranges::find(gemm, "kernels/ptx/wgmma.cuh"), gemm.end());
  for (const std::string& path : gemm)
    EXPECT_TRUE(!path.starts_with("kernels/ceilings/") && !path.starts_with("kernels/support/")) << path;
}

}  // namespace
}  // namespace gemmtune::jit
