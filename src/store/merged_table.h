// The table of a journal that is too long to be held: of most rows only which configuration was tried is
// kept.
#pragma once

#include "core/journal.h"
#include "core/table.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace gemmtune::store {

/// For the lines of runs that are all alike (store/merge_rules.h), in the order of time.
class MergedTable {
 public:
  void add_run(const RunHeader& run) { journal_.headers.push_back(run); }
  void add_row(const std::string& line);

  /// What build_table would make of all rows. `journal` is read again for the rows of those problems that
  /// were never raced, which it holds.
  Table build(const std::filesystem::path& journal);

 private:
  struct Tried {
    std::vector<std::uint64_t> configs;  ///< numbers of their ids, some more than once
    std::size_t distinct = 0;            ///< at the last count
    std::size_t order = 0;               ///< of the problem's first row
    bool raced = false;
  };

  void keep_rows_of_unraced(const std::filesystem::path& path);

  Journal journal_;  ///< of rows, the final ones
  std::unordered_map<std::uint64_t, Tried> problems_;
  std::string last_screened_;  ///< the last line of ours that was timed
};

}  // namespace gemmtune::store
