// Cubins on disk, one file each, shared by any number of processes. A cache that cannot be used costs time,
// never a result: whatever is wrong with a file is a miss, and where nothing can be written cubins pass
// through. Nobody else can put a cubin there, and nothing is touched but what this wrote.
#pragma once

#include "cache/artefact.h"
#include "core/outcome.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace gemmtune::cache {

struct CacheLocation {
  std::filesystem::path folder;  ///< empty: there is none, and nothing is kept
  std::uint64_t most_bytes = 0;
};

/// The folder `cubins` of $GEMMTUNE_CACHE_DIR, else of $XDG_CACHE_HOME/gemmtune, else of ~/.cache/gemmtune;
/// $GEMMTUNE_CACHE_BYTES or 2 GiB. Throws UserError when that is no number.
CacheLocation cache_location();

struct Fetched {
  Artefact artefact;
  std::filesystem::path path;  ///< empty when it could not be kept
  bool hit = false;
};

struct CacheContents {
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
};

class CubinCache {
 public:
  /// Claims the folder (cache/own_folder.h); one that is not ours is not used. `longest_wait` is for another
  /// process that compiles the same: it takes well below a second, unless it is stopped.
  explicit CubinCache(CacheLocation location,
                      std::chrono::milliseconds longest_wait = std::chrono::seconds(10));

  /// The artefact of that key; `make` is called on a miss, by one process at a time, so that many that miss
  /// together compile once. What `make` cannot make is not kept.
  Outcome<Fetched> fetch(const std::string& key, const std::function<Outcome<Artefact>()>& make);

  /// Why nothing can be kept (an unwritable folder, one that others can write to, a full disk); empty when
  /// all is well so far.
  const std::string& trouble() const { return trouble_; }

  CacheContents contents() const;
  const CacheLocation& location() const { return location_; }

  /// Removes the entries that were used longest ago until the rest fits into `most_bytes`. fetch() calls it
  /// now and then.
  void evict();

  /// Removes every entry and returns how many there were. Throws UserError when one cannot be removed.
  std::size_t clear();

 private:
  std::optional<Artefact> load(const std::string& key, const std::filesystem::path& path);
  bool keep(const std::string& key, const std::filesystem::path& path, const Artefact& artefact);

  CacheLocation location_;
  std::chrono::milliseconds longest_wait_;
  bool usable_ = false;  ///< what lies in the folder is ours
  std::string trouble_;
  std::uint64_t kept_ = 0;
};

}  // namespace gemmtune::cache
