#include "cache/cubin_cache.h"

#include "util/atomic_file.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace gemmtune::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class CubinCacheTest : public testing::Test {
 protected:
  CubinCacheTest() {
    std::string name = (fs::temp_directory_path() / "gemmtune-cache-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~CubinCacheTest() override { fs::remove_all(root_); }

  CubinCache open(std::uint64_t most_bytes = 1 << 30) { return CubinCache({root_ / "cache", most_bytes}); }
  fs::path entry(const std::string& key) const { return root_ / "cache" / (key + ".cubin"); }

  /// A compiler that counts how often it ran.
  std::function<Outcome<Artefact>()> make() {
    return [this]() -> Outcome<Artefact> {
      ++made_;
      return Artefact{std::string(1000, 'c'), "log", {168, 0, 0, 0}};
    };
  }

  fs::path root_;
  int made_ = 0;
};

TEST_F(CubinCacheTest, compiles_on_a_miss_and_not_on_a_hit) {
  EXPECT_FALSE(open().fetch("k", make())->hit);
  const auto second = open().fetch("k", make());
  EXPECT_TRUE(second->hit);
  EXPECT_EQ(second->artefact.cubin, std::string(1000, 'c'));
  EXPECT_EQ(second->artefact.usage.registers, 168);
  EXPECT_EQ(second->path, entry("k"));
  EXPECT_EQ(made_, 1);
}

TEST_F(CubinCacheTest, keeps_no_failures) {
  const auto fail = []() -> Outcome<Artefact> { return Failure{Invalidity::compile, "error: no"}; };
  EXPECT_EQ(open().fetch("k", fail).error().reason, "error: no");
  EXPECT_FALSE(open().fetch("k", make())->hit);
}

TEST_F(CubinCacheTest, takes_a_damaged_file_for_a_miss_and_replaces_it) {
  std::mt19937 random(7);
  open().fetch("k", make());
  const std::string good = read_file(entry("k"));
  for (int round = 0; round < 1000; ++round) {
    std::string damaged = good;
    const std::size_t at = random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 + random() % 255));
    if (round % 2 == 1) damaged.resize(at);
    std::ofstream(entry("k"), std::ios::binary) << damaged;
    made_ = 0;
    EXPECT_FALSE(open().fetch("k", make())->hit) << "byte " << at;
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(read_file(entry("k")), good);
  }
}

TEST_F(CubinCacheTest, compiles_once_for_sixteen_processes_that_start_cold) {
  const fs::path log = root_ / "compiled";
  const auto slow = [&]() -> Outcome<Artefact> {
    std::ofstream(log, std::ios::app) << 'x';
    std::this_thread::sleep_for(50ms);
    return Artefact{"cubin", "", {}};
  };
  std::vector<pid_t> children;
  for (int i = 0; i < 16; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(open().fetch("k", slow)->artefact.cubin == "cubin" ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(read_file(log), "x");
  EXPECT_FALSE(fs::exists(root_ / "cache" / "k.lock"));
}

TEST_F(CubinCacheTest, goes_on_when_the_process_that_held_the_lock_died) {
  open();
  std::ofstream(root_ / "cache" / "k.lock") << "";
  EXPECT_FALSE(open().fetch("k", make())->hit);
}

TEST_F(CubinCacheTest, passes_cubins_through_where_it_cannot_write) {
  for (const char* folder : {"/proc/self", "/dev/null/cache", ""}) {
    CubinCache cache({folder, 1 << 30});
    const auto fetched = cache.fetch("k", make());
    ASSERT_TRUE(fetched) << folder;
    EXPECT_EQ(fetched->artefact.log, "log");
    EXPECT_TRUE(fetched->path.empty());
    EXPECT_NE(cache.trouble(), "") << folder;
  }
  EXPECT_EQ(made_, 3);
}

TEST_F(CubinCacheTest, evicts_what_was_used_longest_ago) {
  auto cache = open();
  for (const char* key : {"a", "b", "c", "d"}) cache.fetch(key, make());
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(entry("b"), now - 3h);
  fs::last_write_time(entry("a"), now - 2h);
  fs::last_write_time(entry("c"), now - 1h);
  cache.fetch("b", make());  // used again: now the youngest but for d

  const auto size = fs::file_size(entry("a"));
  open(2 * size).evict();
  EXPECT_FALSE(fs::exists(entry("a")));
  EXPECT_FALSE(fs::exists(entry("c")));
  EXPECT_TRUE(fs::exists(entry("b")));
  EXPECT_TRUE(fs::exists(entry("d")));
}

TEST_F(CubinCacheTest, stays_near_its_size_by_itself) {
  auto cache = open(5000);
  for (int i = 0; i < 200; ++i) cache.fetch("k" + std::to_string(i), make());
  EXPECT_LE(cache.contents().entries, 70u);
  EXPECT_GE(cache.contents().entries, 1u);
}

TEST_F(CubinCacheTest, removes_what_dead_processes_left) {
  auto cache = open();
  const fs::path left = root_ / "cache" / ".gemmtune-host-1-2.tmp";
  const fs::path fresh = root_ / "cache" / ".gemmtune-host-1-3.tmp";
  std::ofstream(left) << "half";
  std::ofstream(fresh) << "half";
  fs::last_write_time(left, fs::file_time_type::clock::now() - 2h);
  cache.evict();
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(fresh));
}

TEST_F(CubinCacheTest, counts_and_clears_its_entries) {
  auto cache = open();
  cache.fetch("a", make());
  cache.fetch("b", make());
  EXPECT_EQ(cache.contents().entries, 2u);
  EXPECT_EQ(cache.contents().bytes, 2 * fs::file_size(entry("a")));
  EXPECT_EQ(cache.clear(), 2u);
  EXPECT_EQ(cache.contents().entries, 0u);
}

TEST_F(CubinCacheTest, is_readable_by_its_owner_alone) {
  open();
  struct stat status {};
  ASSERT_EQ(::stat((root_ / "cache").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

class CacheLocationTest : public testing::Test {
 protected:
  CacheLocationTest() {
    for (const char* name : {"GEMMTUNE_CACHE_DIR", "GEMMTUNE_CACHE_BYTES", "XDG_CACHE_HOME"})
      ::unsetenv(name);
    ::setenv("HOME", "/home/someone", 1);
  }
};

TEST_F(CacheLocationTest, follows_the_environment_from_the_special_to_the_general) {
  EXPECT_EQ(cache_location().folder, "/home/someone/.cache/gemmtune");
  ::setenv("XDG_CACHE_HOME", "/caches", 1);
  EXPECT_EQ(cache_location().folder, "/caches/gemmtune");
  ::setenv("GEMMTUNE_CACHE_DIR", "/here", 1);
  EXPECT_EQ(cache_location().folder, "/here");
}

TEST_F(CacheLocationTest, is_nowhere_without_a_home) {
  ::unsetenv("HOME");
  EXPECT_EQ(cache_location().folder, "");
}

TEST_F(CacheLocationTest, holds_two_gibibytes_unless_told_otherwise) {
  EXPECT_EQ(cache_location().most_bytes, std::uint64_t{2} << 30);
  ::setenv("GEMMTUNE_CACHE_BYTES", "1000", 1);
  EXPECT_EQ(cache_location().most_bytes, 1000u);
}

TEST_F(CacheLocationTest, complains_of_a_size_that_is_no_number) {
  for (const char* text : {"2G", "-1", "many", "99999999999999999999999"}) {
    ::setenv("GEMMTUNE_CACHE_BYTES", text, 1);
    EXPECT_THROW(cache_location(), UserError) << text;
  }
}

}  // namespace
}  // namespace gemmtune::cache
