// Figures of other programs from a file (gemmtune.peers/1), and how they are carried to this machine.
#pragma once

#include "core/problem.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace gemmtune::report {

struct PeerTimes {
  std::optional<double> deepgemm_us;
  std::optional<double> cublaslt_tensor_us;  ///< the yardstick: it runs here too
};

class Peers {
 public:
  /// Throws UserError with the file and the JSON pointer.
  explicit Peers(const std::filesystem::path& path);

  /// Machine and versions that the figures come from.
  const std::string& source() const { return source_; }

  /// DeepGEMM's time on this machine: the file's x (cuBLASLt per-tensor here / in the file). Empty when one
  /// of the three is missing, and for what the file does not hold: other outputs, scales or data than the
  /// defaults.
  std::optional<double> deepgemm_here_us(const Problem& problem, std::optional<double> tensor_here_us) const;

 private:
  using Key = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t>;
  std::map<Key, PeerTimes> times_;
  std::string source_;
};

}  // namespace gemmtune::report
