// A bundle on disk, and a driver that only takes notes.
#pragma once

#include "fakes/cuda_driver.h"
#include "fixtures/bundles.h"
#include "launch/bundle.h"

#include <gtest/gtest.h>

#include <string>

namespace gemmtune::launch {

class BundleTest : public testing::Test {
 protected:
  BundleTest() { fake_driver::reset(); }

  int code_of_opening() {
    try {
      Bundle bundle(folder_.path());
      return GEMMTUNE_OK;
    } catch (const BundleError& error) {
      message_ = error.what();
      return error.code();
    }
  }

  template <typename Call>
  int code_of(const Call& call) {
    try {
      call();
      return GEMMTUNE_OK;
    } catch (const BundleError& error) {
      message_ = error.what();
      return error.code();
    }
  }

  bool says(const std::string& text) const { return message_.find(text) != std::string::npos; }

  test::BundleFolder folder_;
  std::string message_;
};

inline gemmtune_operands grouped_operands(int layout, std::int64_t step) {
  gemmtune_operands x = test::operands();
  x.group_rows = reinterpret_cast<const std::int32_t*>(0x50004);
  x.group_layout = layout;
  x.groups = 3;
  x.group_step = step;
  return x;
}

}  // namespace gemmtune::launch
