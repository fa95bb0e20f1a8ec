// Which runs may be merged, and which shards of a plan are there.
#pragma once

#include "core/run.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace gemmtune::store {

/// Where a run comes from, for messages.
struct MergedRun {
  RunHeader header;
  std::string file;
};

/// Throws UserError where the times of two runs do not belong into one table: boards of unlike kinds, or
/// several boards that did not share one plan; other kernels, another policy or another seed.
void require_alike(const MergedRun& first, const MergedRun& other);

/// What is known of a plan's shards. A shard is finished once one of its runs came to its end.
class Shards {
 public:
  void add(const RunHeader& run);
  void add_end(const std::string& run_id) { ended_.insert(run_id); }

  /// Of so many; 0 where no run was a part of a plan. Of plans that were cut in several ways, that of which
  /// the least is missing.
  int count() const;
  std::vector<int> missing() const;     ///< of which there is no run
  std::vector<int> unfinished() const;  ///< whose runs all were ended before their time

 private:
  std::map<int, std::map<int, std::vector<std::string>>> runs_;  // by count, by shard
  std::set<std::string> ended_;
};

}  // namespace gemmtune::store
