#include "workers/compile_pool.h"

#include "fake.h"
#include "workers/process_worker.h"

#include <set>
#include <stdexcept>
#include <thread>

namespace gemmtune::workers {
namespace {

/// Compiles in no time; `compile` of block_m = 13 fails.
class InstantWorker : public Worker {
 public:
  Outcome<Environment> describe() override { return Environment{}; }
  Outcome<CompileReport> compile(const CompileRequest& request) override {
    if (request.config.at("block_m") == 13) return Failure{Invalidity::compile, "unlucky"};
    CompileReport report;
    report.registers = static_cast<int>(request.config.at("block_m"));
    return report;
  }
  Outcome<PrepareReport> prepare(const PrepareRequest&) override { return PrepareReport{}; }
  Outcome<std::vector<Baseline>> baselines() override { return std::vector<Baseline>{}; }
  Outcome<Verdict> verify(const VerifyRequest&) override { return Verdict{}; }
  Outcome<MeasureReport> measure(const MeasureRequest&) override { return MeasureReport{}; }
};

std::vector<CompileRequest> requests_of(int count) {
  std::vector<CompileRequest> requests;
  for (int i = 0; i < count; ++i) requests.push_back({"dense_1d2d", {{"block_m", i}}});
  return requests;
}

std::unique_ptr<Worker> make_instant() {
  return std::make_unique<InstantWorker>();
}

void ignore(std::size_t, const Outcome<CompileReport>&) {}

const std::atomic<bool> kNeverStop = false;

TEST(CompilePool, returns_outcomes_in_the_order_of_the_requests) {
  std::multiset<std::size_t> told;
  const auto outcomes = compile_all(
      requests_of(50), 4, make_instant,
      [&](std::size_t index, const Outcome<CompileReport>& outcome) {
        told.insert(index);
        EXPECT_EQ(static_cast<bool>(outcome), index != 13);
      },
      kNeverStop);
  ASSERT_EQ(outcomes.size(), 50u);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(told.count(i), 1u);
    if (i == 13)
      EXPECT_EQ(outcomes[i].error().reason, "unlucky");
    else
      EXPECT_EQ(outcomes[i]->registers, i);
  }
}

TEST(CompilePool, makes_no_more_workers_than_jobs_or_requests) {
  std::atomic<int> made = 0;
  const auto make = [&] {
    ++made;
    return make_instant();
  };
  compile_all({}, 4, make, ignore, kNeverStop);
  EXPECT_EQ(made, 0);
  compile_all(requests_of(10), 0, make, ignore, kNeverStop);
  EXPECT_EQ(made, 1);
  compile_all(requests_of(2), 16, make, ignore, kNeverStop);
  EXPECT_LE(made, 3);
}

TEST(CompilePool, begins_nothing_once_stopped) {
  std::atomic<bool> stop = false;
  const auto outcomes = compile_all(
      requests_of(50), 1, make_instant,
      [&](std::size_t index, const Outcome<CompileReport>&) { stop = index == 2; }, stop);
  EXPECT_TRUE(outcomes[2]);
  EXPECT_EQ(outcomes[3].error().reason, kNotCompiled);
  EXPECT_EQ(outcomes[49].error().reason, kNotCompiled);
}

TEST(CompilePool, throws_what_a_thread_threw) {
  const auto broken = []() -> std::unique_ptr<Worker> { throw std::runtime_error("no worker"); };
  EXPECT_THROW(compile_all(requests_of(50), 3, broken, ignore, kNeverStop), std::runtime_error);
}

TEST(CompilePool, begins_nothing_after_a_thread_threw) {
  int told = 0;
  const auto full_disk = [&](std::size_t, const Outcome<CompileReport>&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (++told == 1) throw std::runtime_error("disk full");
  };
  EXPECT_THROW(compile_all(requests_of(500), 2, make_instant, full_disk, kNeverStop), std::runtime_error);
  EXPECT_LT(told, 100);
}

TEST(CompilePool, loses_one_configuration_to_a_compiler_that_crashes) {
  const Fake fake(R"({"rules": [{"op": "compile", "match": {"block_m": 5}, "do": "segv"}]})");
  const auto make = [&] { return std::make_unique<ProcessWorker>(fake.command()); };
  const auto outcomes = compile_all(requests_of(12), 3, make, ignore, kNeverStop);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(static_cast<bool>(outcomes[i]), i != 5) << i;
  EXPECT_EQ(outcomes[5].error().reason, "worker died of signal 11 (SIGSEGV) during compile");
  EXPECT_EQ(fake.ops().size(), 12u) << "nothing is compiled twice";
  expect_no_children();
}

}  // namespace
}  // namespace gemmtune::workers
