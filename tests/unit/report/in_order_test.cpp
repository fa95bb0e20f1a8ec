#include "report/in_order.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace gemmtune::report {
namespace {

TEST(InOrder, hands_on_each_item_once_and_in_its_place) {
  const auto numbers = [](std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) text += std::to_string(i) + "\n";
    return text;
  };
  for (const std::size_t items : {0, 1, 1023, 1024, 1025, 20'000}) {
    std::string text;
    in_order(items, numbers, [&](std::string_view piece) { text += piece; });
    EXPECT_EQ(text, numbers(0, items)) << items;
  }
}

TEST(InOrder, throws_what_making_or_taking_a_text_throws) {
  const auto nothing = [](std::size_t, std::size_t) { return std::string("x"); };
  EXPECT_THROW(in_order(9000, nothing, [](std::string_view) { throw std::runtime_error("full"); }),
               std::runtime_error);
  const auto broken = [](std::size_t from, std::size_t) -> std::string {
    if (from > 4000) throw std::runtime_error("broken");
    return "x";
  };
  EXPECT_THROW(in_order(9000, broken, [](std::string_view) {}), std::runtime_error);
}

}  // namespace
}  // namespace gemmtune::report
