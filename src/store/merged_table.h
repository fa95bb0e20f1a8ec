// The table of a journal that is too long to be held: the rows of a race are held until its run goes on to
// another problem, and of those before it only which configuration was tried.
#pragma once

#include "core/journal.h"
#include "core/table.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace gemmtune::store {

/// For the lines of runs that are all alike (store/merge_rules.h), in the order of time.
class MergedTable {
 public:
  void add_run(const RunHeader& run) { headers_.push_back(run); }
  void add_row(const std::string& line);

  /// What build_table would make of all rows. `journal` holds them, and is read again where a problem was
  /// never raced.
  Table build(const std::filesystem::path& journal);

 private:
  using ProblemNumber = std::uint64_t;  ///< of its id

  struct Tried {
    std::vector<std::uint64_t> configs;  ///< numbers of their ids, some more than once
    std::size_t distinct = 0;            ///< at the last count
    std::size_t order = 0;               ///< of the problem's first row
    std::vector<std::string> runs;       ///< that tried them
  };
  struct Race {
    ProblemNumber problem = 0;
    std::vector<Row> rows;
  };

  struct Raced {
    std::string time;  ///< of the last row
    TableEntry entry;
  };

  void note_tried(Tried& tried, const std::string& line);
  void end_race(Race& race);
  void add_sustained();
  Table table_of(std::vector<Row> rows) const;
  std::vector<Row> rows_of_unraced(const std::filesystem::path& path);
  std::int64_t candidates_of(ProblemNumber problem);
  std::vector<std::string> strategies_of(ProblemNumber problem) const;

  std::vector<RunHeader> headers_;
  std::unordered_map<ProblemNumber, Tried> problems_;
  std::unordered_map<std::string, Race> racing_;  // by run
  std::unordered_map<ProblemNumber, Raced> raced_;
  std::unordered_map<ProblemNumber, std::vector<Row>> sustained_;  ///< of ended races
  std::unordered_map<std::string, ProblemNumber> unraced_;         // by the id as this version makes it
  std::string last_screened_, last_raced_;                         ///< lines of ours that were timed
};

}  // namespace gemmtune::store
