#include "store/ceilings_file.h"

#include "fixtures/rows.h"
#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::store {
namespace {

using namespace fixtures;

TEST(CeilingsFile, reads_what_it_knows_and_passes_over_the_rest) {
  const ScratchFolder folder;
  EXPECT_FALSE(read_measured_ceilings(folder.path()));
  write_text(folder / "ceilings.json", R"({"schema": "gemmtune.ceilings/1", "environment": {"device": "H100"},
    "timestamp": "now", "simulated": true, "later": {}, "ceilings": [
    {"name": "hbm_read", "regime": "burst", "value": 2710.0, "unit": "GB/s", "sm_clock_mhz": 1755.0, "bytes": 4294967296},
    {"name": "h2d", "value": 50, "unit": "GB/s", "sm_clock_mhz": null}, {"name": "broken", "value": null}, 7]})");
  const auto found = read_measured_ceilings(folder.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->device, "H100");
  EXPECT_TRUE(found->simulated);
  ASSERT_EQ(found->ceilings.size(), 2u);
  EXPECT_EQ(found->ceilings[0].name, "hbm_read");
  EXPECT_EQ(found->ceilings[0].regime, "burst");
  EXPECT_EQ(found->ceilings[0].value, 2710);
  EXPECT_EQ(found->ceilings[0].sm_clock_mhz, 1755);
  EXPECT_EQ(found->ceilings[0].bytes, 4294967296.0);
  EXPECT_FALSE(found->ceilings[1].sm_clock_mhz);
  write_text(folder / "journal.jsonl", "");
  EXPECT_TRUE(read_measured_ceilings(folder / "journal.jsonl"));  // beside a file
  std::filesystem::create_directory(folder / "dsv3");
  EXPECT_TRUE(read_measured_ceilings(folder.path() / "dsv3/"));  // above the results
}

TEST(CeilingsFile, refuses_what_is_none) {
  const ScratchFolder folder;
  for (const char* text :
       {"", "[]", R"({"ceilings": 1})", R"({"schema": "gemmtune.ceilings/2", "ceilings": []})"}) {
    write_text(folder / "ceilings.json", text);
    EXPECT_THROW(read_measured_ceilings(folder.path()), UserError) << text;
  }
}

}  // namespace
}  // namespace gemmtune::store
