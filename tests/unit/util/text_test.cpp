#include "util/text.h"

#include <gtest/gtest.h>

namespace gemmtune {
namespace {

TEST(Join, puts_separators_between_parts_alone) {
  EXPECT_EQ(join({}, " + "), "");
  EXPECT_EQ(join(std::vector<std::string>{"a"}, " + "), "a");
  EXPECT_EQ(join(std::vector<std::string>{"", "b", ""}, " + "), " + b + ");
}

}  // namespace
}  // namespace gemmtune
