// Figures of other programs, from a file (gemmtune.peers/1) or from rows, and how they are carried to this
// machine.
#pragma once

#include "core/journal.h"
#include "core/problem.h"
#include "operation/providers.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace gemmtune::report {

/// The programs of scripts/peers/products.py that take the same block scales, by provider.
namespace peer {
inline const std::string kDeepGemm{provider::kDeepGemm};
inline const std::string kTorch{provider::kTorchBlock};
inline const std::string kTriton{provider::kTritonBlock};
}  // namespace peer

/// Times in microseconds of peers, by provider; one without a time is not there.
using TimesOfPeers = std::map<std::string, double>;

/// Whether our own kernel carries figures of a problem from machine to machine: of groups, which no library
/// computes, and of outputs other than plain BF16, in which the usual yardstick was not timed there.
bool is_carried_by_ours(const Problem& problem);

class Peers {
 public:
  /// Throws UserError with the file and the JSON pointer.
  explicit Peers(const std::filesystem::path& path);

  /// From rows that a script of scripts/peers wrote: those that are right and timed.
  /// UserError when there are none; `where` names them.
  Peers(const Journal& journal, const std::string& where);

  /// Machine and versions that the figures come from.
  const std::string& source() const { return source_; }

  /// Their times on this machine: their own there x (cuBLASLt per-tensor here / there). Without those for
  /// which one of the three is missing; empty for what is not held: other outputs, scales or data than the
  /// defaults. `first_here_us`: of the heuristic's first answer, where it is known. That is what torch takes
  /// there, unless its heuristic knows of another workspace: of rows, the nearer of both times here counts.
  TimesOfPeers here_us(const Problem& problem, std::optional<double> tensor_here_us,
                       std::optional<double> first_here_us = std::nullopt) const;

  /// The same of a problem that is carried by ours: the yardstick is our own kernel, which ran beside them
  /// there. Of groups also other ways to the same product.
  TimesOfPeers beside_ours_here_us(const Problem& problem, double ours_here_us) const;

 private:
  struct Times {
    TimesOfPeers peers_us;
    std::optional<double> cublaslt_tensor_us;  ///< the yardstick: it runs here too
    bool is_torch = false;                     ///< it is one answer, not the fastest of all
  };
  using Key = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t>;
  std::map<Key, Times> times_;
  std::map<std::string, TimesOfPeers> beside_ours_us_;  ///< by problem_id; ours among them
  std::string source_;
};

}  // namespace gemmtune::report
