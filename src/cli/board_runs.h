// A sweep on one board or several: a tuner each, one queue of problems, one journal.
#pragma once

#include "cli/boards.h"
#include "cli/earlier_runs.h"
#include "store/journal.h"
#include "tune/tuner.h"
#include "workers/trace.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// Rows of several threads. What breaks the journal, or the compilation, breaks it for all: whoever asks
/// next hears the same.
class SharedJournal : public RowSink {
 public:
  explicit SharedJournal(store::JournalWriter& journal) : journal_(journal) {}

  void write(const Row& row) override;
  /// As `cubins`, for one of many threads, whose waits are spans of the lane.
  tune::Cubins guarded(const tune::Cubins& cubins, workers::Trace* trace, int lane);
  void fail(std::exception_ptr failure);
  /// Throws what failed, if anything did.
  void require_whole();
  bool is_broken();

 private:
  store::JournalWriter& journal_;
  std::mutex mutex_;  // guards all below
  std::exception_ptr failure_;
};

/// What the boards of a sweep have in common. All references must outlive it.
struct BoardWork {
  const tune::SweepPlan& plan;
  const tune::Cubins& cubins;
  const tune::Settings& settings;
  const EarlierRuns& earlier;
  std::optional<ColdReadFloor> floor;
  store::JournalWriter& journal;
  Progress& progress;
  const std::atomic<bool>& stop;
  workers::Trace* trace = nullptr;
  /// Of a sweep that leaves candidates out, which is made on one board; else every candidate is timed.
  std::optional<tune::Search> search = {};
};

class BoardRuns {
 public:
  /// One run a board, in whose order `runs` are; their headers are written. Both must outlive it.
  BoardRuns(std::vector<Board>& boards, const std::vector<RunHeader>& runs);

  /// False when it was stopped before the end. A board that is lost leaves what it had to the others, and is
  /// named on stderr; where none is left the UserError of the last one is thrown.
  bool run(const BoardWork& work);

  /// Closing lines of the runs of those boards that are still there.
  std::vector<RunEnd> ends(const tune::SweepPlan& plan) const;

 private:
  struct Lane {
    Board* board;
    const RunHeader* run;
    std::unique_ptr<tune::Stopwatch> stopwatch;
    std::string lost;  ///< why; empty while it is there
  };
  class Crew;

  std::vector<Lane> lanes_;
};

}  // namespace gemmtune::cli
