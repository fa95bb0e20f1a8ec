// Many journals into one, line by line: a thousand of ten million rows in all take some hundred megabytes.
#pragma once

#include "core/table.h"
#include "store/merge_rules.h"
#include "util/sink.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gemmtune::store {

struct Merged {
  Shards shards;
  std::size_t lines = 0;             ///< that were written
  std::size_t rows = 0;              ///< of these
  std::size_t repeated = 0;          ///< that were there already
  std::vector<std::string> damaged;  ///< `FILE:17: reason`: lines that were left out
};

/// The union of the lines of `journals`, by time, to `out`; a plain journal, or with `gzip` one that is
/// compressed, on another thread. The same bytes in whatever order they are named, and of a journal that was
/// merged before and its parts nothing but itself. `table` becomes that of all rows. Throws UserError for
/// runs that are not alike, and what `accept` throws, which is called before `out` is there.
Merged merge_journals(const std::vector<std::filesystem::path>& journals, const std::filesystem::path& out,
                      bool gzip, const std::function<void(const Merged&)>& accept, Table& table);

}  // namespace gemmtune::store
