// What there is to say about a run, once: winners, ratios, failures. The printers (terminal, markdown, json,
// csv) only lay it out.
#pragma once

#include "core/journal.h"
#include "core/table.h"
#include "report/libraries.h"
#include "report/peers.h"
#include "report/points.h"
#include "report/roofline.h"
#include "report/warnings.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gemmtune::report {

struct Winner {
  TableEntry entry;
  TimesOfPeers carried_us;     ///< from the peers' file
  TimesOfPeers other_ways_us;  ///< from there too, of a problem over groups: padded, looped
  std::optional<double>
      best_peer_us;  ///< the fastest of the peers and cuBLASLt block-scaled here; needs DeepGEMM's
  std::optional<Placement> placement;
};

/// The regime that holds every problem.
inline constexpr const char* kAllProblems = "all";

/// Geometric means of (their time / ours), above 1 is ahead, over the winners that have both times.
struct Ratios {
  std::string regime;
  std::int64_t problems = 0;
  std::optional<double> cublaslt_block;
  std::optional<double> cublaslt_tensor;
  std::optional<double> cublas_bf16;
  std::optional<double> best_peer;
  /// Of each peer with a carried time, by provider. None of DeepGEMM alone: best_peer says that.
  std::map<std::string, double> carried;
  /// How many of the problems each mean is over.
  struct Counts {
    std::int64_t block = 0, tensor = 0, bf16 = 0, best_peer = 0;
    std::map<std::string, std::int64_t> carried = {};
  } counts;
};

struct FailureGroup {
  std::string provider;
  Invalidity invalidity = Invalidity::runtime;
  std::int64_t count = 0;
  std::string example;  ///< problem, configuration and reason of one of them
};

/// A problem without candidates of ours.
struct Unsupported {
  Problem problem;
  std::string reason;
};

/// What the GPU did during the runs that ended and said so, in seconds.
struct GpuUse {
  double working_s = 0;
  double resting_s = 0;
  double waiting_s = 0;  ///< for the host: the rest of the wall time
};

struct Report {
  Environment environment;
  std::string policy;
  std::vector<std::string> strategies;  ///< by which the winners' candidates were tried, as far as is known
  bool simulated = false;
  std::vector<Winner> winners;
  std::vector<StepCheck> checks;  ///< of a table that is a step function over M
  bool with_peers = false;
  std::string peers_source;
  std::set<std::string> peers;  ///< providers of which some winner has a carried time
  Roofs roofs;
  std::vector<Point> points;   ///< ours first, then the libraries', problem by problem
  std::vector<Ratios> ratios;  ///< by M, then all, then all by weight where weights differ
  std::vector<LibraryChoice> libraries;
  std::vector<FailureGroup> failures;
  std::vector<Unsupported> unsupported;
  WarningCounts warnings;  ///< of the rows that are comparable with the table's
  std::int64_t rows = 0;
  std::map<std::string, std::int64_t> pruned;  ///< by constraint, of the last run that ended
  std::map<std::string, double> wall_s;        ///< by phase, of all runs that ended
  GpuUse gpu;
  std::vector<std::string> damaged;
};

/// `journal` may be empty: a table alone has winners and ratios. `peers` may be null; ceilings of another
/// device are not used.
Report make_report(const Table& table, const Journal& journal, const Peers* peers = nullptr,
                   const std::optional<Ceilings>& ceilings = std::nullopt);

/// What to do when there are no winners to show; empty when there are.
std::string hint(const Report& report);

}  // namespace gemmtune::report
