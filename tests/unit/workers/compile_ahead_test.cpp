#include "workers/compile_ahead.h"

#include "fake.h"
#include "util/error.h"
#include "workers/process_worker.h"

#include <future>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <stdexcept>

namespace gemmtune::workers {
namespace {

/// What the workers of a test do and did. block_m numbers the requests.
struct Compilers {
  std::mutex mutex;
  std::vector<std::int64_t> begun;  // guarded
  std::set<std::int64_t> held;      ///< their compilation ends when `release` is given
  std::counting_semaphore<> release{0};
  std::int64_t throws_at = -1;
  std::size_t throws_after = 0;  ///< so many have been begun
  std::atomic<int> made = 0;
  std::atomic<int> ended = 0;
  std::atomic<int> strayed = 0;  ///< workers that were used or ended on a thread that is not their own

  std::size_t count() {
    const std::lock_guard lock(mutex);
    return begun.size();
  }
  void wait_for(std::size_t many) {
    while (count() < many) std::this_thread::yield();
  }
  std::set<std::int64_t> all_begun() {
    const std::lock_guard lock(mutex);
    return {begun.begin(), begun.end()};
  }
};

class TestWorker : public Worker {
 public:
  explicit TestWorker(Compilers& compilers) : compilers_(compilers) { ++compilers_.made; }
  ~TestWorker() override {
    check_thread();
    ++compilers_.ended;
  }

  Outcome<CompileReport> compile(const CompileRequest& request) override {
    check_thread();
    const std::int64_t number = request.config.at("block_m");
    {
      const std::lock_guard lock(compilers_.mutex);
      compilers_.begun.push_back(number);
    }
    if (compilers_.held.contains(number)) compilers_.release.acquire();
    if (number == compilers_.throws_at) {
      while (compilers_.count() < compilers_.throws_after) std::this_thread::yield();
      throw std::runtime_error("disk full");
    }
    if (number == 13) return Failure{Invalidity::compile, "unlucky"};
    CompileReport report;
    report.registers = static_cast<int>(number);
    return report;
  }
  Outcome<Environment> describe() override { return Environment{}; }
  Outcome<PrepareReport> prepare(const PrepareRequest&) override { return PrepareReport{}; }
  Outcome<std::vector<Baseline>> baselines() override { return std::vector<Baseline>{}; }
  Outcome<Verdict> verify(const VerifyRequest&) override { return Verdict{}; }
  Outcome<MeasureReport> measure(const MeasureRequest&) override { return MeasureReport{}; }
  Outcome<CountReport> count(const CountRequest&) override { return Failure{}; }
  Outcome<CeilingsReport> ceilings(const CeilingsRequest&) override { return CeilingsReport{}; }
  Outcome<QuantiseReport> quantise(const QuantiseRequest&) override { return QuantiseReport{}; }

 private:
  void check_thread() {
    if (std::this_thread::get_id() != thread_) ++compilers_.strayed;
  }

  Compilers& compilers_;
  std::thread::id thread_ = std::this_thread::get_id();
};

struct CompileAheadTest : testing::Test {
  Compilers compilers;
  std::atomic<bool> stop = false;

  WorkerFactory make() {
    return [this] { return std::make_unique<TestWorker>(compilers); };
  }

  static std::vector<CompileRequest> requests(int count) {
    std::vector<CompileRequest> list;
    for (int i = 0; i < count; ++i) list.push_back({"dense_1d2d", {{"block_m", i}}});
    return list;
  }
};

TEST_F(CompileAheadTest, answers_each_request_whatever_the_order_of_asking) {
  CompileAhead ahead(requests(50), 4, make(), stop);
  for (int i = 49; i >= 0; --i) {
    const auto& outcome = ahead.get(i);
    if (i == 13)
      EXPECT_EQ(outcome.error().reason, "unlucky");
    else
      EXPECT_EQ(outcome->registers, i);
    EXPECT_EQ(&outcome, &ahead.get(i));
  }
  EXPECT_EQ(compilers.count(), 50u) << "nothing is compiled twice";
}

TEST_F(CompileAheadTest, begins_the_first_requests_first) {
  CompileAhead ahead(requests(50), 1, make(), stop);
  ahead.get(49);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(compilers.begun[i], i);
}

TEST_F(CompileAheadTest, tells_of_each_that_ends_but_of_none_that_is_known_to_fail) {
  std::atomic<int> told = 0;
  {
    CompileAhead ahead(requests(20), 4, make(), stop, {{5, {Invalidity::compile, "before"}}},
                       [&] { ++told; });
    for (int i = 0; i < 20; ++i) ahead.get(i);
  }
  EXPECT_EQ(told, 19);
}

TEST_F(CompileAheadTest, compiles_only_what_is_asked_for_where_it_is_told_to) {
  CompileAhead ahead(
      requests(20), 1, make(), stop, {{5, {Invalidity::compile, "before"}}}, [] {},
      CompileAhead::Begin::asked);
  EXPECT_EQ(ahead.ask({7, 5, 3}), 2u) << "one is known to fail";
  EXPECT_EQ(ahead.get(3)->registers, 3);
  EXPECT_EQ(ahead.ask({3, 9, 7}), 1u) << "two were asked for before";
  EXPECT_EQ(ahead.get(9)->registers, 9);
  EXPECT_EQ(ahead.get(11)->registers, 11) << "asked for by waiting";
  EXPECT_EQ(compilers.begun, (std::vector<std::int64_t>{7, 3, 9, 11}));
}

TEST_F(CompileAheadTest, compiles_what_is_wanted_first_first) {
  compilers.held = {0};
  CompileAhead ahead(
      requests(20), 1, make(), stop, {}, [] {}, CompileAhead::Begin::asked);
  ahead.ask({0});
  compilers.wait_for(1);
  EXPECT_EQ(ahead.ask({5, 6}, Urgency::next), 2u);
  EXPECT_EQ(ahead.ask({1, 6}, Urgency::now), 1u) << "one was asked for before, less urgently";
  compilers.release.release();
  ahead.get(5);
  EXPECT_EQ(compilers.begun, (std::vector<std::int64_t>{0, 1, 6, 5}));
}

TEST_F(CompileAheadTest, ends_its_wait_for_more_with_a_stop_and_at_its_own_end) {
  {
    const CompileAhead idle(
        requests(4), 2, make(), stop, {}, [] {}, CompileAhead::Begin::asked);
  }
  CompileAhead ahead(
      requests(4), 2, make(), stop, {}, [] {}, CompileAhead::Begin::asked);
  stop = true;
  EXPECT_EQ(ahead.get(2).error().reason, kNotCompiled);
  EXPECT_EQ(compilers.count(), 0u);
}

TEST_F(CompileAheadTest, waits_for_the_one_asked_for_and_no_other) {
  compilers.held = {1};
  CompileAhead ahead(requests(20), 2, make(), stop);
  EXPECT_EQ(ahead.get(0)->registers, 0);
  EXPECT_EQ(ahead.get(19)->registers, 19);
  auto held = std::async(std::launch::async, [&] { return ahead.get(1)->registers; });
  EXPECT_EQ(held.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  compilers.release.release();
  EXPECT_EQ(held.get(), 1);
}

TEST_F(CompileAheadTest, makes_no_more_workers_than_jobs_or_requests_and_each_stays_on_its_thread) {
  { CompileAhead ahead({}, 4, make(), stop); }
  EXPECT_EQ(compilers.made, 0);
  { CompileAhead(requests(10), 0, make(), stop).get(9); }
  EXPECT_EQ(compilers.made, 1);
  { CompileAhead(requests(2), 16, make(), stop).get(1); }
  EXPECT_LE(compilers.made, 3);
  EXPECT_EQ(compilers.strayed, 0);
}

TEST_F(CompileAheadTest, begins_nothing_once_stopped_and_lets_nobody_wait) {
  compilers.held = {2};
  CompileAhead ahead(requests(50), 1, make(), stop);
  ahead.get(1);
  auto waiting = std::async(std::launch::async, [&] { return ahead.get(49).error().reason; });
  while (compilers.count() < 3) std::this_thread::yield();
  stop = true;
  compilers.release.release();
  EXPECT_EQ(waiting.get(), kNotCompiled);
  EXPECT_TRUE(ahead.get(2)) << "what was in flight is finished";
  EXPECT_EQ(ahead.get(3).error().reason, kNotCompiled);
  EXPECT_EQ(compilers.count(), 3u);
}

TEST_F(CompileAheadTest, asks_nobody_to_compile_what_is_known_to_fail) {
  const Failure hung = {Invalidity::timeout, "hung before"};
  {
    CompileAhead ahead(requests(5), 2, make(), stop, {{0, hung}, {2, hung}, {3, hung}});
    for (int i = 0; i < 5; ++i) {
      const bool known = i != 1 && i != 4;
      ASSERT_EQ(static_cast<bool>(ahead.get(i)), !known) << i;
      if (known)
        EXPECT_EQ(ahead.get(i).error().reason, "hung before");
      else
        EXPECT_EQ(ahead.get(i)->registers, i);
    }
  }
  EXPECT_EQ(std::set(compilers.begun.begin(), compilers.begun.end()), (std::set<std::int64_t>{1, 4}));
  EXPECT_EQ(compilers.begun.size(), 2u);
}

TEST_F(CompileAheadTest, needs_no_worker_when_all_is_known_to_fail) {
  const Failure crashed = {Invalidity::compile, "crashed before"};
  CompileAhead ahead(requests(2), 2, make(), stop, {{0, crashed}, {1, crashed}});
  stop = true;
  EXPECT_EQ(ahead.get(1).error().reason, "crashed before") << "known, whether stopped or not";
  EXPECT_EQ(compilers.made, 0);
}

TEST_F(CompileAheadTest, begins_nothing_once_it_is_to_end) {
  compilers.held = {0};
  constexpr int kMany = 200'000;
  {
    CompileAhead ahead(requests(kMany), 1, make(), stop);
    while (compilers.count() == 0) std::this_thread::yield();
    compilers.release.release();
  }
  EXPECT_LT(compilers.count(), std::size_t{kMany});
}

TEST_F(CompileAheadTest, throws_what_the_making_of_a_worker_threw) {
  const auto broken = []() -> std::unique_ptr<Worker> { throw std::runtime_error("no worker"); };
  CompileAhead ahead(requests(50), 3, broken, stop);
  EXPECT_THROW(ahead.get(49), std::runtime_error);
}

TEST_F(CompileAheadTest, throws_what_a_worker_threw_and_begins_nothing_more) {
  compilers.throws_at = 5;
  CompileAhead ahead(requests(50), 1, make(), stop);
  EXPECT_THROW(ahead.get(49), std::runtime_error);
  EXPECT_THROW(ahead.get(5), std::runtime_error);
  EXPECT_EQ(compilers.count(), 6u);
}

TEST_F(CompileAheadTest, begins_nothing_more_on_any_thread_once_one_threw) {
  compilers.throws_at = 0;
  compilers.throws_after = 2;
  compilers.held = {1};
  CompileAhead ahead(requests(50), 2, make(), stop);
  EXPECT_THROW(ahead.get(1), std::runtime_error);
  compilers.release.release();
  while (compilers.ended < 2) std::this_thread::yield();
  EXPECT_EQ(compilers.count(), 2u);
}

TEST_F(CompileAheadTest, blames_nobody_for_a_compiler_that_is_lost_once) {
  const Fake fake(R"({"rules": [{"op": "compile", "match": {"block_m": 5}, "do": "segv", "times": 1},
                                {"op": "compile", "match": {"block_m": 7}, "do": "exit", "code": 9, "times": 1}]})");
  CompileAhead ahead(
      requests(12), 3, [&] { return std::make_unique<ProcessWorker>(fake.command()); }, stop);
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(ahead.get(i)) << i;
}

TEST_F(CompileAheadTest, tries_nothing_again_once_it_is_to_end) {
  const Fake fake(R"({"rules": [{"op": "compile", "do": "hang"}]})");
  Deadlines deadlines;
  deadlines.compile = 0.5;
  {
    CompileAhead ahead(
        requests(1), 1, [&] { return std::make_unique<ProcessWorker>(fake.command(), deadlines); }, stop);
    while (fake.ops().empty()) std::this_thread::yield();
  }
  EXPECT_EQ(fake.ops().size(), 1u);
}

TEST_F(CompileAheadTest, drops_what_hangs_once_stopped) {
  const Fake fake(R"({"rules": [{"op": "compile", "match": {"block_m": 1}, "do": "hang"}]})");
  CompileAhead ahead(
      requests(3), 1, [&] { return std::make_unique<ProcessWorker>(fake.command(), Deadlines{}, &stop); },
      stop);
  EXPECT_TRUE(ahead.get(0));
  while (fake.ops().size() < 2) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  stop = true;
  EXPECT_EQ(ahead.get(1).error().reason, kNotCompiled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(CompileAheadTest, drops_a_compiler_that_does_not_start_once_stopped) {
  const Fake fake(R"({"rules": [{"op": "hello", "do": "hang"}]})");
  CompileAhead ahead(
      requests(1), 1, [&] { return std::make_unique<ProcessWorker>(fake.command(), Deadlines{}, &stop); },
      stop);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto start = std::chrono::steady_clock::now();
  stop = true;
  EXPECT_EQ(ahead.get(0).error().reason, kNotCompiled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(TurnstileTest, lets_one_be_alone_however_many_come_after_it) {
  Turnstile turns;
  std::atomic<int> inside = 0;
  std::atomic<bool> end = false, met = false;
  std::vector<std::jthread> crowd;
  for (int i = 0; i < 4; ++i)
    crowd.emplace_back([&] {
      while (!end) {
        const std::shared_lock lock(turns);
        ++inside;
        std::this_thread::yield();
        --inside;
      }
    });
  for (int i = 0; i < 100; ++i) {
    const std::unique_lock lock(turns);
    if (inside != 0) met = true;
    std::this_thread::yield();
    if (inside != 0) met = true;
  }
  end = true;
  EXPECT_FALSE(met);
}

/// Those before the last have failed, which is known; the others nobody is blamed for.
TEST_F(CompileAheadTest, ends_where_one_compiler_after_the_other_is_lost) {
  const Fake fake(R"({"rules": [{"op": "compile", "match": {"block_m": 0}, "do": "segv", "times": 1},
                                {"op": "compile", "match": {"block_m": 1}, "do": "ok"},
                                {"op": "compile", "do": "exit", "code": 137}]})");
  CompileAhead ahead(
      requests(40), 1, [&] { return std::make_unique<ProcessWorker>(fake.command()); }, stop);
  EXPECT_THROW(ahead.get(39), UserError);
  EXPECT_TRUE(ahead.get(1));
  for (int i = 2; i < 9; ++i) EXPECT_FALSE(ahead.get(i)) << i;
  EXPECT_THROW(ahead.get(9), UserError);
  EXPECT_LE(fake.ops().size(), 20u);
}

TEST_F(CompileAheadTest, loses_one_configuration_to_a_compiler_that_crashes) {
  const Fake fake(R"({"rules": [{"op": "compile", "match": {"block_m": 5}, "do": "segv"}]})");
  {
    CompileAhead ahead(
        requests(12), 3, [&] { return std::make_unique<ProcessWorker>(fake.command()); }, stop);
    for (int i = 0; i < 12; ++i) EXPECT_EQ(static_cast<bool>(ahead.get(i)), i != 5) << i;
    EXPECT_EQ(ahead.get(5).error().reason, "twice: worker died of signal 11 (SIGSEGV) during compile");
  }
  EXPECT_EQ(fake.ops().size(), 13u) << "nothing else is compiled twice";
  expect_no_children();
}

}  // namespace
}  // namespace gemmtune::workers
