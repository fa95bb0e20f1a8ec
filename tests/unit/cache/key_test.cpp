#include "cache/key.h"

#include <gtest/gtest.h>

#include <set>

namespace gemmtune::cache {
namespace {

std::string key(const std::vector<KernelSource>& sources, const std::vector<std::string>& options,
                const std::string& compiler, const std::string& main = "a.cuh") {
  return cache_key({sources, options, compiler, main});
}

TEST(CacheKey, is_the_same_for_the_same_parts) {
  EXPECT_EQ(key({{"a.cuh", "x"}}, {"-DN=1"}, "NVRTC 13.0"), key({{"a.cuh", "x"}}, {"-DN=1"}, "NVRTC 13.0"));
}

TEST(CacheKey, changes_with_everything_that_can_change_the_cubin) {
  const std::set<std::string> keys = {
      key({{"a.cuh", "x"}}, {"-DN=1", "-DM=2"}, "NVRTC 13.0"),
      key({{"a.cuh", "y"}}, {"-DN=1", "-DM=2"}, "NVRTC 13.0"),                 // a byte of a source
      key({{"b.cuh", "x"}}, {"-DN=1", "-DM=2"}, "NVRTC 13.0"),                 // its name
      key({{"a.cuh", "x"}, {"b.cuh", ""}}, {"-DN=1", "-DM=2"}, "NVRTC 13.0"),  // one more source
      key({{"a.cuh", "x"}}, {"-DN=1", "-DM=3"}, "NVRTC 13.0"),                 // an option
      key({{"a.cuh", "x"}}, {"-DM=2", "-DN=1"}, "NVRTC 13.0"),                 // their order
      key({{"a.cuh", "x"}}, {"-DN=1"}, "NVRTC 13.0"),                          // their number
      key({{"a.cuh", "x"}}, {"-DN=1", "-DM=2"}, "NVRTC 13.1"),                 // the compiler
      key({{"a.cuh", "x"}}, {"-DN=1", "-DM=2"}, "NVRTC 13.0", "b.cuh"),        // what is compiled
  };
  EXPECT_EQ(keys.size(), 9u);
}

TEST(CacheKey, does_not_let_neighbours_run_together) {
  EXPECT_NE(key({}, {"ab", "c"}, ""), key({}, {"a", "bc"}, ""));
  EXPECT_NE(key({{"a", "bc"}}, {}, ""), key({{"ab", "c"}}, {}, ""));
  EXPECT_NE(key({{"a", "b"}}, {}, ""), key({}, {"a", "b"}, ""));
}

}  // namespace
}  // namespace gemmtune::cache
