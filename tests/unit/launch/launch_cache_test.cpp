// The cache of launches by itself: what it forgets, and that nobody sees half of a launch.
#include "launch/launch_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace gemmtune::launch {
namespace {

TEST(LaunchCache, keeps_what_is_used_and_forgets_what_was_used_longest_ago) {
  LaunchCache cache;
  int made_hot = 0, made_others = 0;
  for (std::uint64_t i = 1; i <= 20000; ++i) {
    cache.get({7}, [&] { return ++made_hot, ReadyLaunch{}; });
    cache.get({0, i}, [&] { return ++made_others, ReadyLaunch{}; });
  }
  EXPECT_EQ(made_hot, 1);
  EXPECT_EQ(made_others, 20000);
}

TEST(LaunchCache, gives_each_thread_a_whole_launch_while_others_replace_it) {
  LaunchCache cache;
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 100000; ++i) {
        const std::uint64_t n = (i * (2 * t + 1)) % 2000;  // eight to a set, which keeps four
        const ReadyLaunch got = cache.get({n}, [&] {
          ReadyLaunch made{};
          GemmArguments& arguments = std::get<GemmArguments>(made.arguments);
          made.geometry.grid_x = arguments.m = arguments.spin_limit = static_cast<std::uint32_t>(n);
          return made;
        });
        const auto& arguments = std::get<GemmArguments>(got.arguments);
        torn += got.geometry.grid_x != n || arguments.m != n || arguments.spin_limit != n;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace gemmtune::launch
