#include "store/ceilings.h"

#include "fixtures/rows.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace gemmtune::store {
namespace {

namespace fs = std::filesystem;

Ceilings ceilings() {
  Ceiling c;
  c.name = "hbm_read";
  c.value = 3000, c.low = 2990, c.high = 3010, c.unit = "GB/s";
  c.time_us = 1432, c.bytes = std::int64_t{4} << 30;
  Ceilings all;
  all.environment = fixtures::header().environment;
  all.environment.uuid = "GPU-1";
  all.timestamp = "2026-11-21T10:00:00.000Z";
  all.timer = Timer::cupti;
  all.ceilings = {c};
  return all;
}

class CeilingsFile : public testing::Test {
 protected:
  CeilingsFile() {
    std::string name = (fs::temp_directory_path() / "gemmtune-ceilings-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ / "dsv3");
  }
  ~CeilingsFile() override { fs::remove_all(root_); }
  /// What read_ceilings says of a file with these bytes.
  std::string complaint(const std::string& bytes) {
    write_file_atomic(root_ / "bad.json", bytes);
    try {
      read_ceilings(root_ / "bad.json");
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  }
  fs::path root_;
};

TEST_F(CeilingsFile, comes_back_as_it_was) {
  const std::string text = to_text(ceilings());
  write_file_atomic(root_ / "ceilings.json", text);
  EXPECT_EQ(to_text(read_ceilings(root_ / "ceilings.json")), text);
}

TEST_F(CeilingsFile, of_a_run_is_its_own_or_else_its_devices) {
  EXPECT_FALSE(find_ceilings(root_ / "dsv3"));
  Ceilings of_device = ceilings(), of_run = ceilings();
  of_device.environment.device = "device", of_run.environment.device = "run";
  write_file_atomic(root_ / "ceilings.json", to_text(of_device));
  for (const fs::path& folder : {root_ / "dsv3", root_ / "dsv3" / ""})
    EXPECT_EQ(find_ceilings(folder)->environment.device, "device") << folder;
  EXPECT_EQ(find_ceilings(root_)->environment.device, "device");
  write_file_atomic(root_ / "dsv3" / "table.json", "{}");
  EXPECT_EQ(find_ceilings(root_ / "dsv3" / "table.json")->environment.device, "device");
  write_file_atomic(root_ / "dsv3" / "ceilings.json", to_text(of_run));
  for (const fs::path& results : {root_ / "dsv3", root_ / "dsv3" / "table.json"})
    EXPECT_EQ(find_ceilings(results)->environment.device, "run") << results;
}

TEST_F(CeilingsFile, gives_a_floor_for_its_own_device_alone) {
  Ceilings all = ceilings();
  all.ceilings[0].name = "cold_read";
  write_file_atomic(root_ / "ceilings.json", to_text(all));
  EXPECT_DOUBLE_EQ(floor_for(root_ / "dsv3", all.environment.device)->us(4294967296.0), 1432);
  EXPECT_EQ(floor_for(root_ / "dsv3", all.environment.device)->timer, Timer::cupti);
  EXPECT_FALSE(floor_for(root_ / "dsv3", "another"));
}

TEST_F(CeilingsFile, names_the_place_of_what_it_cannot_read) {
  EXPECT_NE(complaint("[]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(complaint("{}").find("its schema is missing"), std::string::npos);
  EXPECT_NE(complaint(R"({"schema": "gemmtune.ceilings/2"})").find("gemmtune.ceilings/2"), std::string::npos);
  std::string text = to_text(ceilings());
  text.replace(text.find("\"burst\""), 7, "\"bursts\"");
  EXPECT_NE(complaint(text).find("/ceilings/0: unknown value \"bursts\""), std::string::npos)
      << complaint(text);
}

TEST(IsFresh, for_a_day_on_the_same_board_driver_and_build) {
  const Ceilings all = ceilings();
  EXPECT_TRUE(is_fresh(all, all.environment, "2026-11-22T09:59:59.000Z"));
  EXPECT_FALSE(is_fresh(all, all.environment, "2026-11-22T10:00:01.000Z"));
  EXPECT_FALSE(is_fresh(all, all.environment, "2026-11-21T09:00:00.000Z")) << "measured in the future";
  EXPECT_FALSE(is_fresh(all, all.environment, "yesterday"));
  for (const auto& change : std::vector<void (*)(Environment&)>{
           [](Environment& e) { e.uuid = "GPU-2"; }, [](Environment& e) { e.driver = "1"; },
           [](Environment& e) { e.revision = "other"; }, [](Environment& e) { e.kernels = "other"; },
           [](Environment& e) { e.device = "other"; }, [](Environment& e) { e.power_limit_w = 1; }}) {
    Environment other = all.environment;
    change(other);
    EXPECT_FALSE(is_fresh(all, other, "2026-11-21T11:00:00.000Z"));
  }
}

TEST(IsFresh, while_what_was_timed_is_made_of_the_same_sources) {
  Ceilings all = ceilings();
  all.environment.source_hashes = {{kCeilings, "a"}, {"dense_1d2d", "b"}};
  Environment now = all.environment;
  now.kernels = "other";
  now.source_hashes = {{kCeilings, "a"}, {"dense_1d2d", "c"}, {"grouped", "d"}};
  EXPECT_TRUE(is_fresh(all, now, "2026-11-21T11:00:00.000Z"));
  now.source_hashes[kCeilings] = "other";
  EXPECT_FALSE(is_fresh(all, now, "2026-11-21T11:00:00.000Z"));
}

}  // namespace
}  // namespace gemmtune::store
