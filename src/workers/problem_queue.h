// One queue of whole problems for several boards, so that no screening and no race crosses boards. A board
// that dies gives back the problem in its hands; the others wait for that until all is done.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace gemmtune::workers {

class ProblemQueue {
 public:
  /// `begun_by` of a problem is the board that measured a part of it before and is to go on; nothing: any.
  /// Problems go in the order of the list. `stop` must outlive this.
  ProblemQueue(std::vector<std::optional<std::size_t>> begun_by, const std::atomic<bool>& stop);

  /// The next problem for this board, which has done the one that it had; first those that it began. Waits
  /// while others hold some, which may come back. Nothing when all are done, or after a stop.
  std::optional<std::size_t> take(std::size_t board);

  /// This board is gone, or asks for nothing more: others may have what it had and what it began.
  void leave(std::size_t board);

  /// How many problems nobody has finished.
  std::size_t left() const;

 private:
  enum class State { waiting, taken, done };
  struct Entry {
    std::optional<std::size_t> board;  ///< which has it, or is to have it
    State state = State::waiting;
  };

  void finish(std::size_t board);
  std::optional<std::size_t> find(std::size_t board) const;
  bool all_done() const;

  const std::atomic<bool>& stop_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<Entry> entries_;
};

}  // namespace gemmtune::workers
