// Many calls of one bundle: what it keeps of them, from many threads, and what they cost the host.
#include "launch/bundle.h"
#include "unit/launch/bundle_fixture.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

namespace {
thread_local std::size_t allocations = 0;  ///< from the heap, by this thread
}

void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace gemmtune::launch {
namespace {

namespace fake = fake_driver;
using test::operands;

TEST_F(BundleTest, keeps_the_maps_of_a_whole_model_and_forgets_the_oldest_beyond_that) {
  Bundle bundle(folder_.path());
  const auto launch_all = [&](std::uintptr_t count) {
    for (std::uintptr_t i = 0; i < count; ++i)
      bundle.gemm("dense_1d2d", 64, 2112, 7168, operands(0x100000 + 0x10000 * i), nullptr);
  };
  launch_all(256);
  launch_all(256);
  // Four to a set: a few of 256 may have met in one.
  EXPECT_LE(fake::encoded_maps().size(), 6 * (256u + 16u));
  launch_all(20000);
  launch_all(20000);
  EXPECT_GT(fake::encoded_maps().size(), 6 * 30000u);
}

TEST_F(BundleTest, serves_many_threads_at_once) {
  Bundle bundle(folder_.path());
  constexpr int kThreads = 8, kLaunches = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&bundle, t] {
      for (int i = 0; i < kLaunches; ++i) {
        // The same few problems in all threads: they meet in the cache.
        const std::int64_t m = 1 + (i * 7 + t) % 600;
        bundle.gemm("dense_1d2d", m, 2112, 7168,
                    operands(0x100000 + 0x10000 * static_cast<std::uintptr_t>(i % 50)),
                    reinterpret_cast<CUstream>(static_cast<std::uintptr_t>(t + 1)));
      }
    });
  for (std::thread& thread : threads) thread.join();
  const auto launches = fake::launches();
  ASSERT_EQ(launches.size(), std::size_t{kThreads} * kLaunches);
  const auto maps = fake::encoded_maps();
  for (const fake::Launched& launched : launches) {
    const fake::EncodedMap& a = maps.at(launched.arguments[0]);
    ASSERT_EQ(a.dimensions[1], launched.arguments[7]);
    ASSERT_EQ(maps.at(launched.arguments[5]).address, a.address + 0x4000);
    ASSERT_EQ(launched.arguments[6], a.address + 0x3004);
  }
}

/// Of the call itself; the fake driver takes next to nothing. Best of many, for other programs run here too.
TEST_F(BundleTest, takes_less_than_a_microsecond_of_the_host) {
  Bundle bundle(folder_.path());
  fake::note_launches(false);
  double best_us = 1e9;
  for (int batch = 0; batch < 50; ++batch) {
    const auto start = std::chrono::steady_clock::now();
    for (std::uintptr_t i = 0; i < 1000; ++i)
      bundle.gemm("dense_1d2d", 64, 2112, 7168, operands(0x100000 + 0x10000 * (i % 60)), nullptr);
    best_us = std::min(
        best_us,
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / 1000);
  }
  RecordProperty("host_us", std::to_string(best_us));
#ifdef __OPTIMIZE__
  EXPECT_LT(best_us, 1.0);
#else
  EXPECT_LT(best_us, 5.0);
#endif
}

TEST_F(BundleTest, allocates_nothing_in_a_call_whose_operands_it_has_seen) {
  Bundle bundle(folder_.path());
  fake::note_launches(false);
  const auto allocations_of = [&](const char* kernel, std::int64_t m, const gemmtune_operands& x) {
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) bundle.gemm(kernel, m, 2112, 7168, x, nullptr);
    return allocations - before;
  };
  auto masked = grouped_operands(GEMMTUNE_GROUP_COUNTS, 130);
  EXPECT_GT(allocations_of("dense_1d2d", 64, operands()), 0u) << "the first makes the launch ready";
  EXPECT_EQ(allocations_of("dense_1d2d", 64, operands()), 0u);
  EXPECT_GT(allocations_of("grouped_masked_1d2d", 390, masked), 0u);
  EXPECT_EQ(allocations_of("grouped_masked_1d2d", 390, masked), 0u);
}

}  // namespace
}  // namespace gemmtune::launch
