#include "cli/run_folder.h"

#include "util/error.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace gemmtune::cli {
namespace {

TEST(RunFolder, is_named_after_device_and_set) {
  EXPECT_EQ(choose_folder("", "NVIDIA H100 80GB HBM3", "dsv3").path, "results/h100-sxm/dsv3");
  EXPECT_EQ(choose_folder("elsewhere", "NVIDIA H100 80GB HBM3", "dsv3").path, "elsewhere");
}

TEST(DeviceSlug, is_fit_for_a_path) {
  EXPECT_EQ(device_slug("NVIDIA H100 PCIe"), "h100-pcie");
  EXPECT_EQ(device_slug("NVIDIA H200"), "h200");
  EXPECT_EQ(device_slug("../../etc (R)"), "etc-r");
  EXPECT_EQ(device_slug(""), "unknown");
}

TEST(RunFolder, that_exists_is_refused_unless_resumed) {
  const RunFolder folder{std::filesystem::path(testing::TempDir()) / "gemmtune_run_folder" / "set"};
  std::filesystem::remove_all(folder.path.parent_path());
  create_folder(folder, false);
  EXPECT_TRUE(std::filesystem::is_directory(folder.path));
  EXPECT_THROW(create_folder(folder, false), UserError);
  EXPECT_NO_THROW(create_folder(folder, true));
  std::ofstream(folder.journal()) << "x";
  EXPECT_THROW(create_folder({folder.journal()}, true), UserError) << "a file is no folder";
}

}  // namespace
}  // namespace gemmtune::cli
