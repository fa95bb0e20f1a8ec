#include "cache/cubin_cache.h"

#include "cache/key_lock.h"
#include "cache/own_folder.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace gemmtune::cache {

namespace {

namespace fs = std::filesystem;

/// Of a folder that the user names only what we made there is ours.
constexpr const char* kFolderName = "cubins";
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

constexpr std::string_view kCubin = ".cubin";
constexpr std::string_view kLock = ".lock";
/// Of one file; a cubin with its log is well below a megabyte.
constexpr std::size_t kMostEntryBytes = std::size_t{64} << 20;

bool is_key(std::string_view text) {
  constexpr std::size_t kHashDigits = 64;
  return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Whether we gave that name: what else lies in the folder is never touched.
bool is_entry(const fs::path& path, std::string_view extension) {
  return path.extension() == extension && is_key(path.stem().string());
}

struct Entry {
  fs::path path;
  std::uint64_t bytes = 0;
  fs::file_time_type used;
};

/// The regular files whose path is `wanted`; one that vanishes meanwhile is left out.
template <typename Wanted>
std::vector<Entry> entries_of(const fs::path& folder, const Wanted& wanted) {
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    if (!wanted(at->path()) || !fs::is_regular_file(at->symlink_status(gone))) continue;
    const Entry entry{at->path(), at->file_size(gone), at->last_write_time(gone)};
    if (!gone) entries.push_back(entry);
  }
  return entries;
}

std::vector<Entry> cubins_of(const fs::path& folder) {
  return entries_of(folder, [](const fs::path& path) { return is_entry(path, kCubin); });
}

void remove_abandoned(const fs::path& folder) {
  const auto limit = fs::file_time_type::clock::now() - kAbandoned;
  std::error_code ignored;
  const auto left_behind = [](const fs::path& path) {
    return is_entry(path, kLock) || is_temporary_name(path.filename().string());
  };
  for (const Entry& entry : entries_of(folder, left_behind))
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
    location.folder = fs::path(folder) / kFolderName;
  else if (const char* caches = environment("XDG_CACHE_HOME"))
    location.folder = fs::path(caches) / "gemmtune" / kFolderName;
  else if (const char* home = environment("HOME"))
    location.folder = fs::path(home) / ".cache" / "gemmtune" / kFolderName;
  return location;
}

CubinCache::CubinCache(CacheLocation location, std::chrono::milliseconds longest_wait)
    : location_(std::move(location)), longest_wait_(longest_wait) {
  trouble_ = location_.folder.empty() ? "none of GEMMTUNE_CACHE_DIR, XDG_CACHE_HOME and HOME is set"
                                      : claim_folder(location_.folder);
  usable_ = trouble_.empty();
}

std::optional<Artefact> CubinCache::load(const std::string& key, const fs::path& path) {
  std::optional<Artefact> artefact;
  try {
    if (const auto bytes = read_own_file(path, kMostEntryBytes)) artefact = decode(key, *bytes);
  } catch (const UserError&) {  // evicted or made unreadable meanwhile: a miss
  }
  std::error_code ignored;
  if (artefact)  // it was used: last to be evicted
    fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  return artefact;
}

bool CubinCache::keep(const std::string& key, const fs::path& path, const Artefact& artefact) {
  try {
    replace_file(path, encode(key, artefact));
  } catch (const UserError& error) {
    trouble_ = error.what();
    return false;
  }
  if (kept_++ % kKeptBetweenEvictions == 0) evict();
  return true;
}

Outcome<Fetched> CubinCache::fetch(const std::string& key, const std::function<Outcome<Artefact>()>& make) {
  const fs::path path = location_.folder / (key + std::string(kCubin));
  std::optional<KeyLock> lock;
  if (usable_) {
    if (auto found = load(key, path)) return Fetched{std::move(*found), path, true};
    if (trouble_.empty()) lock.emplace(location_.folder / (key + std::string(kLock)), longest_wait_);
    if (auto found = load(key, path)) return Fetched{std::move(*found), path, true};
  }
  auto made = make();
  if (!made) return made.error();
  const bool kept = trouble_.empty() && keep(key, path, *made);
  return Fetched{std::move(*made), kept ? path : fs::path(), false};
}

CacheContents CubinCache::contents() const {
  CacheContents sum;
  if (!usable_) return sum;
  for (const Entry& entry : cubins_of(location_.folder)) {
    ++sum.entries;
    sum.bytes += entry.bytes;
  }
  return sum;
}

void CubinCache::evict() {
  if (!usable_) return;
  remove_abandoned(location_.folder);
  auto entries = cubins_of(location_.folder);
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
  if (!usable_) throw UserError("nothing is removed: " + trouble_);
  std::size_t removed = 0;
  for (const Entry& entry : cubins_of(location_.folder)) {
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
