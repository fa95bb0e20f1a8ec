#include "cache/cubin_cache.h"

#include "cache/key_lock.h"
#include "cache/own_folder.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/hash.h"

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

std::string key(const std::string& name) {
  return sha256(name);
}

class CubinCacheTest : public testing::Test {
 protected:
  CubinCacheTest() {
    std::string name = (fs::temp_directory_path() / "gemmtune-cache-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~CubinCacheTest() override { fs::remove_all(root_); }

  CubinCache open(std::uint64_t most_bytes = 1 << 30) { return CubinCache({root_ / "cache", most_bytes}); }
  fs::path entry(const std::string& name) const { return root_ / "cache" / (key(name) + ".cubin"); }
  fs::path lock(const std::string& name) const { return root_ / "cache" / (key(name) + ".lock"); }

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
  EXPECT_FALSE(open().fetch(key("k"), make())->hit);
  const auto second = open().fetch(key("k"), make());
  EXPECT_TRUE(second->hit);
  EXPECT_EQ(second->artefact.cubin, std::string(1000, 'c'));
  EXPECT_EQ(second->artefact.usage.registers, 168);
  EXPECT_EQ(second->path, entry("k"));
  EXPECT_EQ(made_, 1);
}

TEST_F(CubinCacheTest, keeps_no_failures) {
  const auto fail = []() -> Outcome<Artefact> { return Failure{Invalidity::compile, "error: no"}; };
  EXPECT_EQ(open().fetch(key("k"), fail).error().reason, "error: no");
  EXPECT_FALSE(open().fetch(key("k"), make())->hit);
}

TEST_F(CubinCacheTest, takes_a_damaged_file_for_a_miss_and_replaces_it) {
  std::mt19937 random(7);
  open().fetch(key("k"), make());
  const std::string good = read_file(entry("k"));
  for (int round = 0; round < 1000; ++round) {
    std::string damaged = good;
    const std::size_t at = random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 + random() % 255));
    if (round % 2 == 1) damaged.resize(at);
    std::ofstream(entry("k"), std::ios::binary) << damaged;
    made_ = 0;
    EXPECT_FALSE(open().fetch(key("k"), make())->hit) << "byte " << at;
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
    if (child == 0) ::_exit(open().fetch(key("k"), slow)->artefact.cubin == "cubin" ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(read_file(log), "x");
  EXPECT_FALSE(fs::exists(lock("k")));
}

TEST_F(CubinCacheTest, goes_on_when_the_process_that_held_the_lock_died) {
  open();
  std::ofstream(lock("k")) << "";
  EXPECT_FALSE(open().fetch(key("k"), make())->hit);
}

TEST_F(CubinCacheTest, passes_cubins_through_where_it_cannot_write) {
  for (const char* folder : {"/proc/self", "/dev/null/cache", ""}) {
    CubinCache cache({folder, 1 << 30});
    const auto fetched = cache.fetch(key("k"), make());
    ASSERT_TRUE(fetched) << folder;
    EXPECT_EQ(fetched->artefact.log, "log");
    EXPECT_TRUE(fetched->path.empty());
    EXPECT_NE(cache.trouble(), "") << folder;
  }
  EXPECT_EQ(made_, 3);
}

TEST_F(CubinCacheTest, evicts_what_was_used_longest_ago) {
  auto cache = open();
  for (const char* name : {"a", "b", "c", "d"}) cache.fetch(key(name), make());
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(entry("b"), now - 3h);
  fs::last_write_time(entry("a"), now - 2h);
  fs::last_write_time(entry("c"), now - 1h);
  cache.fetch(key("b"), make());  // used again: now the youngest but for d

  const auto size = fs::file_size(entry("a"));
  open(2 * size).evict();
  EXPECT_FALSE(fs::exists(entry("a")));
  EXPECT_FALSE(fs::exists(entry("c")));
  EXPECT_TRUE(fs::exists(entry("b")));
  EXPECT_TRUE(fs::exists(entry("d")));
}

TEST_F(CubinCacheTest, stays_near_its_size_by_itself) {
  auto cache = open(5000);
  for (int i = 0; i < 200; ++i) cache.fetch(key("k" + std::to_string(i)), make());
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
  cache.fetch(key("a"), make());
  cache.fetch(key("b"), make());
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

TEST_F(CubinCacheTest, takes_a_file_under_anothers_name_for_a_miss) {
  open().fetch(key("a"), make());
  fs::rename(entry("a"), entry("b"));
  EXPECT_FALSE(open().fetch(key("b"), make())->hit);
  EXPECT_TRUE(open().fetch(key("b"), make())->hit) << "replaced";
}

TEST_F(CubinCacheTest, replaces_what_is_no_file_and_waits_for_none) {
  open();
  ASSERT_EQ(::mkfifo(entry("pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(lock("pipe").c_str(), 0600), 0);
  std::ofstream(root_ / "foreign") << "foreign";
  fs::create_symlink(root_ / "foreign", entry("link"));
  for (const char* name : {"pipe", "link"}) {
    EXPECT_FALSE(open().fetch(key(name), make())->hit) << name;
    EXPECT_TRUE(open().fetch(key(name), make())->hit) << name;
  }
  EXPECT_EQ(read_file(root_ / "foreign"), "foreign");
  fs::create_directory(entry("folder"));
  auto cache = open();
  EXPECT_EQ(cache.fetch(key("folder"), make())->path, "");
  EXPECT_NE(cache.trouble(), "");
}

TEST_F(CubinCacheTest, does_not_wait_for_ever_for_a_lock_that_another_keeps) {
  open();
  const KeyLock kept(lock("k"), 0ms);
  CubinCache cache({root_ / "cache", 1 << 30}, 50ms);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(cache.fetch(key("k"), make())->hit);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_TRUE(cache.fetch(key("k"), make())->hit) << "kept all the same";
  EXPECT_TRUE(fs::exists(lock("k"))) << "the lock of the other";
}

TEST_F(CubinCacheTest, uses_no_folder_that_others_can_write_to) {
  open().fetch(key("k"), make());
  for (const mode_t mode : {0777, 0775, 0757}) {
    ASSERT_EQ(::chmod((root_ / "cache").c_str(), mode), 0);
    auto cache = open();
    const auto fetched = cache.fetch(key("k"), make());
    EXPECT_FALSE(fetched->hit);
    EXPECT_EQ(fetched->path, "");
    EXPECT_NE(cache.trouble().find("chmod go-w"), std::string::npos) << cache.trouble();
    EXPECT_EQ(cache.contents().entries, 0u);
    EXPECT_THROW(cache.clear(), UserError);
  }
  ASSERT_EQ(::chmod((root_ / "cache").c_str(), 0755), 0);
  EXPECT_TRUE(open().fetch(key("k"), make())->hit);
  ASSERT_EQ(::chmod(root_.c_str(), 0777), 0);
  EXPECT_NE(open().trouble().find("chmod o-w"), std::string::npos) << "the folder could be replaced";
  ASSERT_EQ(::chmod(root_.c_str(), 01777), 0);
  EXPECT_EQ(open().trouble(), "") << "as in /tmp it could not";
}

TEST_F(CubinCacheTest, uses_no_file_that_others_can_write_to) {
  open().fetch(key("k"), make());
  ASSERT_EQ(::chmod(entry("k").c_str(), 0666), 0);
  EXPECT_FALSE(open().fetch(key("k"), make())->hit);
  EXPECT_TRUE(open().fetch(key("k"), make())->hit) << "replaced by one of ours";
}

TEST_F(CubinCacheTest, uses_its_files_whatever_the_umask) {
  const mode_t before = ::umask(0);
  open().fetch(key("k"), make());
  ::umask(before);
  EXPECT_TRUE(open().fetch(key("k"), make())->hit);
}

TEST_F(CubinCacheTest, uses_no_folder_of_another_user) {
  open().fetch(key("k"), make());
  if (::chown((root_ / "cache").c_str(), 65534, 65534) != 0)
    GTEST_SKIP() << "only root can give a folder away";
  auto cache = open();
  EXPECT_FALSE(cache.fetch(key("k"), make())->hit);
  EXPECT_NE(cache.trouble().find("chown -R 0"), std::string::npos) << cache.trouble();
}

TEST_F(CubinCacheTest, touches_nothing_of_a_folder_that_it_did_not_make) {
  fs::create_directory(root_ / "cache");
  for (const char* name : {"mine.cubin", "mine.tmp", "mine.lock"})
    std::ofstream(root_ / "cache" / name) << "mine";
  const fs::path like_ours = entry("k");
  std::ofstream(like_ours) << "mine";
  auto cache = open(0);
  EXPECT_NE(cache.trouble().find("no folder of gemmtune's"), std::string::npos) << cache.trouble();
  EXPECT_TRUE(cache.fetch(key("k"), make()));
  cache.evict();
  EXPECT_THROW(cache.clear(), UserError);
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "cache"), fs::directory_iterator()), 4);
  EXPECT_EQ(read_file(like_ours), "mine");
}

TEST_F(CubinCacheTest, touches_no_foreign_file_in_its_own_folder) {
  open().fetch(key("k"), make());
  const auto old = fs::file_time_type::clock::now() - 3h;
  const std::vector<std::string> foreign = {"mine.cubin", "mine.tmp", "mine.lock",
                                            key("x").substr(1) + ".cubin"};
  for (const std::string& name : foreign) {
    std::ofstream(root_ / "cache" / name) << "mine";
    fs::last_write_time(root_ / "cache" / name, old);
  }
  open(0).evict();
  EXPECT_EQ(open().clear(), 0u);
  for (const std::string& name : foreign) EXPECT_TRUE(fs::exists(root_ / "cache" / name)) << name;
}

TEST_F(CubinCacheTest, takes_a_folder_whose_maker_died_before_it_was_marked) {
  fs::create_directory(root_ / "cache");
  std::ofstream(root_ / "cache" / ".gemmtune-host-1-2.tmp") << "Signa";
  EXPECT_EQ(open().trouble(), "");
  EXPECT_TRUE(fs::exists(root_ / "cache" / kMarkName));
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
  EXPECT_EQ(cache_location().folder, "/home/someone/.cache/gemmtune/cubins");
  ::setenv("XDG_CACHE_HOME", "/caches", 1);
  EXPECT_EQ(cache_location().folder, "/caches/gemmtune/cubins");
  ::setenv("GEMMTUNE_CACHE_DIR", "/here", 1);
  EXPECT_EQ(cache_location().folder, "/here/cubins");
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
