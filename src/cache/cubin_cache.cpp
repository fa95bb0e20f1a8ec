#include "cache/cubin_cache.h"

#include "cache/key_lock.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <sys/stat.h>
#include <vector>

namespace gemmtune::cache {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDefaultBytes = std::uint64_t{2} << 30;
/// Looking at every file costs a millisecond a thousand; a cubin is about 30 KB, so in between the cache can
/// outgrow its limit by some megabytes.
constexpr std::uint64_t kKeptBetweenEvictions = 64;
/// What a process that died while writing or waiting left behind is removed at this age.
constexpr std::chrono::hours kAbandoned{1};

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

struct Entry {
  fs::path path;
  std::uint64_t bytes = 0;
  fs::file_time_type used;
};

/// Files with that extension; one that vanishes meanwhile is left out.
std::vector<Entry> entries_of(const fs::path& folder, std::string_view extension) {
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != extension) continue;
    std::error_code gone;
    const Entry entry{at->path(), at->file_size(gone), at->last_write_time(gone)};
    if (!gone) entries.push_back(entry);
  }
  return entries;
}

void remove_abandoned(const fs::path& folder) {
  const auto limit = fs::file_time_type::clock::now() - kAbandoned;
  std::error_code ignored;
  for (const char* extension : {".tmp", ".lock"})
    for (const Entry& entry : entries_of(folder, extension))
      if (entry.used < limit) fs::remove(entry.path, ignored);
}

}  // namespace

CacheLocation cache_location() {
  CacheLocation location{{}, kDefaultBytes};
  if (const char* text = environment("GEMMTUNE_CACHE_BYTES")) {
    if (!parse_whole(text, location.most_bytes))
      throw UserError("GEMMTUNE_CACHE_BYTES: expected a number of bytes, got \"" + printable(text) + "\"");
  }
  if (const char* folder = environment("GEMMTUNE_CACHE_DIR"))
    location.folder = folder;
  else if (const char* caches = environment("XDG_CACHE_HOME"))
    location.folder = fs::path(caches) / "gemmtune";
  else if (const char* home = environment("HOME"))
    location.folder = fs::path(home) / ".cache" / "gemmtune";
  return location;
}

CubinCache::CubinCache(CacheLocation location) : location_(std::move(location)) {
  if (location_.folder.empty()) {
    trouble_ = "none of GEMMTUNE_CACHE_DIR, XDG_CACHE_HOME and HOME is set";
    return;
  }
  std::error_code error;
  fs::create_directories(location_.folder.parent_path(), error);
  if (::mkdir(location_.folder.c_str(), 0700) != 0 && errno != EEXIST)
    trouble_ = "cannot make " + location_.folder.string() + ": " +
               std::error_code(errno, std::generic_category()).message();
}

std::optional<Artefact> CubinCache::load(const fs::path& path) {
  std::error_code error;
  if (location_.folder.empty() || !fs::is_regular_file(path, error)) return std::nullopt;
  std::optional<Artefact> artefact;
  try {
    artefact = decode(read_file(path));
  } catch (const UserError&) {  // evicted or made unreadable meanwhile: a miss
  }
  if (artefact)
    fs::last_write_time(path, fs::file_time_type::clock::now(), error);  // it was used: last to be evicted
  else
    fs::remove(path, error);
  return artefact;
}

bool CubinCache::keep(const fs::path& path, const Artefact& artefact) {
  try {
    write_file_atomic(path, encode(artefact));
  } catch (const UserError& error) {
    trouble_ = error.what();
    return false;
  }
  if (kept_++ % kKeptBetweenEvictions == 0) evict();
  return true;
}

Outcome<Fetched> CubinCache::fetch(const std::string& key, const std::function<Outcome<Artefact>()>& make) {
  const fs::path path = location_.folder / (key + ".cubin");
  if (auto found = load(path)) return Fetched{std::move(*found), path, true};

  const bool writable = trouble_.empty();
  std::optional<KeyLock> lock;
  if (writable) {
    lock.emplace(location_.folder / (key + ".lock"));
    if (auto found = load(path)) return Fetched{std::move(*found), path, true};
  }
  auto made = make();
  if (!made) return made.error();
  const bool kept = writable && keep(path, *made);
  return Fetched{std::move(*made), kept ? path : fs::path(), false};
}

CacheContents CubinCache::contents() const {
  CacheContents sum;
  for (const Entry& entry : entries_of(location_.folder, ".cubin")) {
    ++sum.entries;
    sum.bytes += entry.bytes;
  }
  return sum;
}

void CubinCache::evict() {
  remove_abandoned(location_.folder);
  auto entries = entries_of(location_.folder, ".cubin");
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.bytes;
  if (bytes <= location_.most_bytes) return;
  std::ranges::sort(entries, {}, &Entry::used);
  std::error_code ignored;
  for (const Entry& entry : entries) {
    if (bytes <= location_.most_bytes) return;
    if (fs::remove(entry.path, ignored)) bytes -= entry.bytes;
  }
}

std::size_t CubinCache::clear() {
  std::size_t removed = 0;
  for (const Entry& entry : entries_of(location_.folder, ".cubin")) {
    std::error_code error;
    fs::remove(entry.path, error);
    if (error)
      throw UserError("cannot remove " + entry.path.string() + ": " + error.message(), kExitInternal);
    ++removed;
  }
  remove_abandoned(location_.folder);
  return removed;
}

}  // namespace gemmtune::cache
