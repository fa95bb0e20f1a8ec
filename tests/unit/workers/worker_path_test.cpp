#include "workers/worker_path.h"

#include "fake.h"
#include "util/error.h"

namespace gemmtune::workers {
namespace {

namespace fs = std::filesystem;

class WorkerPath : public testing::Test {
 protected:
  ~WorkerPath() override { ::unsetenv("GEMMTUNE_WORKER"); }

  static void make_program(const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n";
    fs::permissions(path, fs::perms::owner_all);
  }

  const Fake fake_;
  const fs::path root_ = fake_.folder();
};

TEST_F(WorkerPath, is_beside_the_program_first) {
  make_program(root_ / "bin/gemmtune-worker");
  make_program(root_ / "libexec/gemmtune/gemmtune-worker");
  EXPECT_EQ(find_worker_near(root_ / "bin/gemmtune"), root_ / "bin/gemmtune-worker");
}

TEST_F(WorkerPath, is_in_libexec_once_installed) {
  make_program(root_ / "libexec/gemmtune/gemmtune-worker");
  EXPECT_EQ(find_worker_near(root_ / "bin/gemmtune"), root_ / "libexec/gemmtune/gemmtune-worker");
}

TEST_F(WorkerPath, is_not_a_file_that_cannot_be_executed) {
  std::ofstream(root_ / "gemmtune-worker") << "text";
  EXPECT_THROW(find_worker_near(root_ / "gemmtune"), UserError);
}

TEST_F(WorkerPath, missing_names_what_was_tried) {
  try {
    find_worker_near(root_ / "bin/gemmtune");
    FAIL() << "found one";
  } catch (const UserError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find((root_ / "bin/gemmtune-worker").string()), std::string::npos) << message;
    EXPECT_NE(message.find((root_ / "libexec/gemmtune/gemmtune-worker").string()), std::string::npos)
        << message;
    EXPECT_NE(message.find("GEMMTUNE_WORKER"), std::string::npos) << message;
  }
}

TEST_F(WorkerPath, comes_from_the_environment_first) {
  ::setenv("GEMMTUNE_WORKER", GEMMTUNE_FAKE_WORKER_PATH, 1);
  EXPECT_EQ(find_worker(), GEMMTUNE_FAKE_WORKER_PATH);
}

TEST_F(WorkerPath, from_the_environment_must_exist) {
  ::setenv("GEMMTUNE_WORKER", "/nowhere/worker", 1);
  EXPECT_THROW(find_worker(), UserError);
  ::setenv("GEMMTUNE_WORKER", "/tmp", 1);
  EXPECT_THROW(find_worker(), UserError) << "a folder is not a program";
}

}  // namespace
}  // namespace gemmtune::workers
