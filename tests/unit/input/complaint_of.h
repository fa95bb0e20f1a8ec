// What a reader says about a text in a file called "bad.json", for tests of complaints.
#pragma once

#include "util/error.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace gemmtune::input {

/// A folder of its own that is the current one while it exists, so that messages hold plain file names.
class InTemporaryFolder : public testing::Test {
 protected:
  InTemporaryFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "gemmtune-input-XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
    std::filesystem::current_path(folder_);
  }
  ~InTemporaryFolder() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  static void write(const std::string& name, const std::string& bytes) {
    std::ofstream(name, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path before_ = std::filesystem::current_path();
  std::filesystem::path folder_;
};

/// The message of the UserError that `action` throws; it must be one that exits with 2.
template <typename Action>
std::string complaint_of(Action action) {
  try {
    action();
  } catch (const UserError& error) {
    EXPECT_EQ(error.exit_code(), kExitUsage);
    return error.what();
  }
  return "no complaint";
}

inline testing::AssertionResult begins_with(const std::string& text, const std::string& beginning) {
  if (text.starts_with(beginning)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "\"" << text << "\" does not begin with \"" << beginning << "\"";
}

}  // namespace gemmtune::input
