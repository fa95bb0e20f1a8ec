#include "util/text.h"

#include <gtest/gtest.h>

namespace gemmtune {
namespace {

TEST(Join, puts_separators_between_parts_alone) {
  EXPECT_EQ(join({}, " + "), "");
  EXPECT_EQ(join(std::vector<std::string>{"a"}, " + "), "a");
  EXPECT_EQ(join(std::vector<std::string>{"", "b", ""}, " + "), " + b + ");
}

TEST(Timestamp, after_another_is_a_millisecond_later) {
  EXPECT_EQ(timestamp_after("2026-11-21T09:21:00.123Z"), "2026-11-21T09:21:00.124Z");
  EXPECT_EQ(timestamp_after("2024-02-28T23:59:59.999Z"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(timestamp_after("1969-12-31T23:59:59.998Z"), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(timestamp_after("1960-01-01T00:00:00.000Z"), "1960-01-01T00:00:00.001Z");
  for (const char* none : {"", "now", "9999-12-31T23:59:59.999Z", "2026-11-21T09:21:00.123Zz"})
    EXPECT_EQ(timestamp_after(none), none);
  EXPECT_GT(timestamp_utc(), "2020");
  EXPECT_EQ(timestamp_utc().size(), 24u);
}

}  // namespace
}  // namespace gemmtune
