#include "cli/run_folder.h"

#include "fixtures/rows.h"
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

class ForeignFiles : public testing::Test {
 protected:
  ForeignFiles() { create_folder(folder_, true); }

  void write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

  fixtures::ScratchFolder scratch_;
  RunFolder folder_{scratch_ / "set"};
};

TEST_F(ForeignFiles, beside_no_journal_are_refused) {
  EXPECT_NO_THROW(refuse_foreign_files(folder_));
  write(folder_.path / "notes.txt", "mine");
  EXPECT_NO_THROW(refuse_foreign_files(folder_)) << "a sweep writes no such file";
  for (const auto& path : {folder_.table(), folder_.report()}) {
    write(path, "mine");
    EXPECT_THROW(refuse_foreign_files(folder_), UserError) << path;
    std::filesystem::remove(path);
    std::filesystem::create_symlink("nowhere", path);
    EXPECT_THROW(refuse_foreign_files(folder_), UserError) << path;
    std::filesystem::remove(path);
  }
}

TEST_F(ForeignFiles, of_the_journals_name_are_refused) {
  write(folder_.report(), "of the sweep that wrote the journal");
  for (const char* text : {"text\n", "{\"line\":1}\n{\"line\":2}\n", "[1]\n", "binary"}) {
    write(folder_.journal(), text);
    EXPECT_THROW(refuse_foreign_files(folder_), UserError) << text;
  }
}

TEST_F(ForeignFiles, are_not_those_of_a_sweep_that_was_cut_off) {
  for (const char* text :
       {"", "{", "{\"record\":\"ru", "{\"record\":\"run\"}\n{\"rec", "dam{aged\n{\"record\":\"row\"}\n"}) {
    write(folder_.journal(), text);
    EXPECT_NO_THROW(refuse_foreign_files(folder_)) << text;
  }
}

}  // namespace
}  // namespace gemmtune::cli
