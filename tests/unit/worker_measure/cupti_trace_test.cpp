#include "worker/measure/cupti_trace.h"

#include <gtest/gtest.h>

namespace gemmtune::measure {
namespace {

TEST(CuptiTrace, names_the_other_timer_where_there_is_no_driver) {
  try {
    const CuptiTrace trace;
  } catch (const CuptiError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("cuptiActivity"), std::string::npos) << text;
    EXPECT_NE(text.find("CUPTI_ERROR_"), std::string::npos) << text;
    EXPECT_NE(text.find("--timer event"), std::string::npos) << text;
    return;
  }
  GTEST_SKIP() << "CUPTI works here; tests/gpu/measure_test.cpp covers it";
}

}  // namespace
}  // namespace gemmtune::measure
