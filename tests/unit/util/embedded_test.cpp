#include "util/embedded.h"

#include "util/atomic_file.h"
#include "util/version.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace gemmtune {
namespace {

const std::string kSourceDir = GEMMTUNE_SOURCE_DIR;
constexpr std::string_view kChartJs = "chart.js/chart.min.js";

TEST(EmbeddedFiles, are_byte_for_byte_those_of_the_repository) {
  ASSERT_GE(embedded_files().size(), 5u);
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path == kChartJs) continue;  // of the system
    EXPECT_EQ(file.bytes, read_file(kSourceDir + "/" + std::string(file.path))) << file.path;
  }
}

TEST(EmbeddedFiles, have_chart_js_with_its_licence) {
  const auto script = embedded_file(kChartJs);
  ASSERT_TRUE(script);
  EXPECT_NE(script->substr(0, 200).find("Chart.js v3"), script->npos);
  EXPECT_NE(script->substr(0, 200).find("MIT License"), script->npos);
  EXPECT_EQ(script->find("</script"), script->npos);  // it stands inside such an element
}

TEST(EmbeddedFiles, are_sorted_and_found_by_path) {
  EXPECT_TRUE(std::ranges::is_sorted(embedded_files(), {}, &EmbeddedFile::path));
  EXPECT_TRUE(embedded_file("kernels/gemm/dense_1d2d.cuh"));
  EXPECT_TRUE(embedded_file("configs/spaces/dense_1d2d.json"));
  EXPECT_FALSE(embedded_file("kernels/gemm"));
  EXPECT_FALSE(embedded_file(""));
}

TEST(KernelSources, are_the_same_embedded_and_from_the_folder) {
  ::unsetenv("GEMMTUNE_KERNELS");
  const auto embedded = kernel_sources();
  const std::string embedded_hash = kernels_hash();
  ::setenv("GEMMTUNE_KERNELS", (kSourceDir + "/kernels").c_str(), 1);
  const auto from_folder = kernel_sources();
  EXPECT_EQ(kernels_hash(), embedded_hash);
  ::unsetenv("GEMMTUNE_KERNELS");
  ASSERT_EQ(from_folder.size(), embedded.size());
  for (std::size_t i = 0; i < embedded.size(); ++i) {
    EXPECT_EQ(from_folder[i].path, embedded[i].path);
    EXPECT_EQ(from_folder[i].bytes, embedded[i].bytes);
  }
}

TEST(Version, is_known) {
  EXPECT_STRNE(kVersion, "");
  EXPECT_STRNE(kRevision, "");
}

}  // namespace
}  // namespace gemmtune
