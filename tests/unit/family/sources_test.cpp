#include "family/sources.h"

#include "core/environment.h"
#include "family/family.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace gemmtune::family {
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
  EXPECT_EQ(paths(sources_of({"kernels/a.cuh"}, kAll)),
            (std::vector<std::string>{"kernels/a.cuh", "kernels/b/b.cuh", "kernels/c.cuh"}));
  EXPECT_EQ(sources_of({"kernels/d.cuh"}, kAll).size(), 4u);
  EXPECT_TRUE(sources_of({"kernels/e.cuh"}, kAll).empty());
}

TEST(SourcesOf, of_the_gemm_leave_out_ceilings_and_support) {
  const auto gemm = paths(sources_of({"kernels/gemm/dense_1d2d.cuh"}, kernel_sources()));
  EXPECT_NE(std::ranges::find(gemm, "kernels/ptx/wgmma.cuh"), gemm.end());
  for (const std::string& path : gemm)
    EXPECT_TRUE(!path.starts_with("kernels/ceilings/") && !path.starts_with("kernels/support/")) << path;
}

using Hashes = std::map<std::string, std::string>;

Hashes hashes_with(const std::string& path, const std::string& text) {
  std::vector<KernelSource> all = kernel_sources();
  const auto place = std::ranges::lower_bound(all, path, {}, &KernelSource::path);
  if (place != all.end() && place->path == path)
    place->bytes += text;
  else
    all.insert(place, {path, text});
  return source_hashes(all);
}

TEST(SourceHashes, of_every_kernel_differ) {
  const Hashes hashes = source_hashes(kernel_sources());
  EXPECT_EQ(hashes.size(), family::all().size() + 1) << "the ceilings have one too";
  std::set<std::string> different;
  for (const auto& [kernel, hash] : hashes) different.insert(hash);
  EXPECT_EQ(different.size(), hashes.size());
  EXPECT_EQ(hashes.at("dense_1d2d").size(), 64u);
}

TEST(SourceHashes, change_for_no_kernel_that_does_not_include_what_changed) {
  const Hashes before = source_hashes(kernel_sources());
  EXPECT_EQ(hashes_with("kernels/gemm/grouped.cuh", "#include \"pipeline/load.cuh\"\n"), before);
  EXPECT_EQ(hashes_with("kernels/support/judge.cuh", "// changed\n"), before);
  const Hashes after = hashes_with("kernels/gemm/dense_bf16.cuh", "// changed\n");
  for (const auto& [kernel, hash] : before)
    EXPECT_EQ(after.at(kernel) == hash, kernel != "dense_bf16") << kernel;
}

TEST(SourceHashes, change_for_every_kernel_that_includes_what_changed) {
  const Hashes after = hashes_with("kernels/pipeline/load.cuh", "// changed\n");
  for (const auto& [kernel, hash] : source_hashes(kernel_sources()))
    EXPECT_EQ(after.at(kernel) == hash, kernel == kCeilings) << kernel;
}

TEST(SourceHashes, of_ceilings_change_with_any_file_of_theirs_and_what_it_includes) {
  const Hashes before = source_hashes(kernel_sources());
  for (const char* path : {"kernels/ceilings/memory.cuh", "kernels/ceilings/tensor.cuh"}) {
    const Hashes after = hashes_with(path, "// changed\n");
    for (const auto& [kernel, hash] : before)
      EXPECT_EQ(after.at(kernel) == hash, kernel != kCeilings) << kernel << " after " << path;
  }
  EXPECT_NE(hashes_with("kernels/ptx/wgmma.cuh", "// changed\n").at(kCeilings), before.at(kCeilings));
}

TEST(SourceHashes, leave_out_a_kernel_that_is_not_there) {
  EXPECT_TRUE(source_hashes(kAll).empty());
}

}  // namespace
}  // namespace gemmtune::family
