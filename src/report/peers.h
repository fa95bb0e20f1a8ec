// Figures of other programs, from a file (gemmtune.peers/1) or from rows, and how they are carried to this
// machine.
#pragma once

#include "core/journal.h"
#include "core/problem.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace gemmtune::report {

/// Times in microseconds.
struct PeerTimes {
  std::optional<double> deepgemm_us;
  std::optional<double> cublaslt_tensor_us;  ///< the yardstick: it runs here too
  std::optional<double> other_us;            ///< the fastest of the others with block scales
};

class Peers {
 public:
  /// Throws UserError with the file and the JSON pointer.
  explicit Peers(const std::filesystem::path& path);

  /// From rows that scripts/peers/measure wrote: those that are right and timed. UserError when there are
  /// none; `where` names them.
  Peers(const Journal& journal, const std::string& where);

  /// Machine and versions that the figures come from.
  const std::string& source() const { return source_; }

  /// DeepGEMM's time on this machine: its own there x (cuBLASLt per-tensor here / there). Empty when one of
  /// the three is missing, and for what is not held: other outputs, scales or data than the defaults.
  std::optional<double> deepgemm_here_us(const Problem& problem, std::optional<double> tensor_here_us) const;

  /// The same of the fastest program with block scales, DeepGEMM or another.
  std::optional<double> best_here_us(const Problem& problem, std::optional<double> tensor_here_us) const;

 private:
  /// Null where the figures are of something else, or one is missing.
  const PeerTimes* find(const Problem& problem) const;

  using Key = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t>;
  std::map<Key, PeerTimes> times_;
  std::string source_;
};

}  // namespace gemmtune::report
