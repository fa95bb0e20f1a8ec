#include "workers/problem_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <set>
#include <thread>

namespace gemmtune::workers {
namespace {

using namespace std::chrono_literals;

struct ProblemQueueTest : testing::Test {
  std::atomic<bool> stop = false;
};

TEST_F(ProblemQueueTest, hands_out_each_problem_once_in_order) {
  ProblemQueue queue({{}, {}, {}}, stop);
  EXPECT_EQ(queue.take(0), 0u);
  EXPECT_EQ(queue.take(1), 1u);
  EXPECT_EQ(queue.take(0), 2u);
  EXPECT_EQ(queue.left(), 2u) << "those in their hands";
}

TEST_F(ProblemQueueTest, gives_a_begun_problem_to_the_board_that_began_it_and_first) {
  ProblemQueue queue({{}, 1, {}}, stop);
  EXPECT_EQ(queue.take(1), 1u);
  EXPECT_EQ(queue.take(0), 0u);
  EXPECT_EQ(queue.take(1), 2u);
}

TEST_F(ProblemQueueTest, keeps_others_waiting_until_what_may_come_back_is_done) {
  ProblemQueue queue({{}, {}}, stop);
  queue.take(0);
  queue.take(1);
  auto waits = std::async(std::launch::async, [&] { return queue.take(0); });
  EXPECT_EQ(waits.wait_for(50ms), std::future_status::timeout);
  EXPECT_EQ(queue.take(1), std::nullopt);
  EXPECT_EQ(waits.get(), std::nullopt);
  EXPECT_EQ(queue.left(), 0u);
}

TEST_F(ProblemQueueTest, gives_what_a_lost_board_had_and_had_begun_to_those_who_wait) {
  ProblemQueue queue({{}, {}, 1}, stop);
  EXPECT_EQ(queue.take(1), 2u);
  queue.take(0);
  queue.take(0);  // 0 is done
  auto waits = std::async(std::launch::async, [&] { return queue.take(0); });
  EXPECT_EQ(waits.wait_for(50ms), std::future_status::timeout);
  queue.leave(1);
  EXPECT_EQ(waits.get(), 2u);
  EXPECT_EQ(queue.take(0), std::nullopt);
}

TEST_F(ProblemQueueTest, keeps_what_all_have_left) {
  ProblemQueue queue({{}, {}}, stop);
  queue.take(0);
  queue.leave(0);
  EXPECT_EQ(queue.left(), 2u);
}

TEST_F(ProblemQueueTest, ends_for_all_after_a_stop) {
  ProblemQueue queue({{}, {}}, stop);
  queue.take(0);
  queue.take(1);
  auto waits = std::async(std::launch::async, [&] { return queue.take(0); });
  std::this_thread::sleep_for(20ms);
  stop = true;
  EXPECT_EQ(queue.take(1), std::nullopt);
  EXPECT_EQ(waits.get(), std::nullopt);
}

TEST_F(ProblemQueueTest, loses_nothing_among_boards_that_come_and_go) {
  constexpr std::size_t kProblems = 2000;
  ProblemQueue queue(std::vector<std::optional<std::size_t>>(kProblems), stop);
  std::mutex mutex;
  std::multiset<std::size_t> finished;
  {
    std::vector<std::jthread> boards;
    for (std::size_t board = 0; board < 4; ++board)
      boards.emplace_back([&, board] {
        std::optional<std::size_t> before;
        for (int i = 0; const auto problem = queue.take(board); ++i) {
          if (before) {
            const std::lock_guard lock(mutex);
            finished.insert(*before);
          }
          before = problem;
          if (board > 0 && i == 100 * static_cast<int>(board)) return queue.leave(board);
        }
        const std::lock_guard lock(mutex);
        if (before) finished.insert(*before);
      });
  }
  EXPECT_EQ(finished.size(), kProblems);
  EXPECT_EQ(std::set(finished.begin(), finished.end()).size(), kProblems);
}

}  // namespace
}  // namespace gemmtune::workers
