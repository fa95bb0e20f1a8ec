#include "workers/process_worker.h"

#include "fake.h"
#include "util/error.h"

#include <chrono>

namespace gemmtune::workers {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Problem problem_of(std::int64_t m) {
  Problem problem;
  problem.m = m;
  problem.n = 2112;
  problem.k = 7168;
  return problem;
}

VerifyRequest verify_of(std::int64_t block_m) {
  return {{provider::kGemmtune, {{"block_m", block_m}, {"block_n", 64}}}};
}

/// Long enough for a loaded machine to start a process; a hang costs `hang_s`.
Deadlines quick(double hang_s = 1) {
  Deadlines deadlines;
  deadlines.verify = hang_s;
  return deadlines;
}

std::string rule(const std::string& what, const std::string& op = "verify") {
  return R"({"rules": [{"op": ")" + op + R"(", "times": 1, )" + what + "}]}";
}

TEST(ProcessWorker, answers_every_op) {
  const Fake fake;
  ProcessWorker worker(fake.command());
  EXPECT_EQ(worker.describe()->sms, 132);
  EXPECT_EQ(worker.compile({"dense_1d2d", {{"block_m", 64}}})->registers, 168);
  EXPECT_GT(worker.prepare({problem_of(64), 1})->device_bytes, 0);
  const auto baselines = worker.baselines();
  ASSERT_EQ(baselines->size(), 3u);
  EXPECT_EQ(baselines->at(0).provider, "cublaslt_block");
  EXPECT_EQ(baselines->at(0).answers, 2);
  EXPECT_EQ(worker.verify(verify_of(64))->defect, "");
  const auto report = worker.measure({{verify_of(64).contender, verify_of(128).contender}, Policy{}});
  ASSERT_EQ(report->timings.size(), 2u);
  EXPECT_EQ(report->timings[0].samples_us.size(), 12u);
  EXPECT_NE(report->timings[0].samples_us, report->timings[1].samples_us);
  EXPECT_EQ(worker.restarts(), 0);
  EXPECT_EQ(fake.ops(),
            (std::vector<std::string>{"describe", "compile", "prepare", "baselines", "verify", "measure"}));
}

TEST(ProcessWorker, starts_no_process_before_the_first_request) {
  const Fake fake;
  const ProcessWorker worker(fake.command());
  expect_no_children();
}

TEST(ProcessWorker, passes_a_failure_on_without_a_restart) {
  const Fake fake(rule(R"("do": "failure", "invalidity": "correctness", "reason": "off by one")"));
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  const auto verdict = worker.verify(verify_of(64));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().invalidity, Invalidity::correctness);
  EXPECT_EQ(verdict.error().reason, "off by one");
  EXPECT_TRUE(worker.verify(verify_of(64)));
  EXPECT_EQ(worker.restarts(), 0);
}

TEST(ProcessWorker, passes_a_wrong_result_on_as_a_verdict) {
  const Fake fake(rule(R"("do": "wrong_result", "defect": "error_rms 0.5 above 3.8e-5")"));
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  EXPECT_EQ(worker.verify(verify_of(64))->defect, "error_rms 0.5 above 3.8e-5");
}

TEST(ProcessWorker, waits_for_a_slow_worker_until_the_deadline) {
  const Fake fake(rule(R"("do": "slow", "ms": 200)"));
  ProcessWorker worker(fake.command(), quick(10));
  worker.prepare({problem_of(64), 1});
  EXPECT_TRUE(worker.verify(verify_of(64)));
  EXPECT_EQ(worker.restarts(), 0);
}

// ---- ways to lose a worker: the request fails, the next one succeeds on the same problem ----

struct Loss {
  const char* name;
  std::string rule;
  Invalidity invalidity;
  const char* reason;  ///< its beginning
};

class LostWorker : public testing::TestWithParam<Loss> {};

TEST_P(LostWorker, costs_one_failure_and_is_replaced) {
  const Fake fake(rule(GetParam().rule));
  {
    ProcessWorker worker(fake.command(), quick());
    ASSERT_TRUE(worker.prepare({problem_of(64), 7}));
    const auto lost = worker.verify(verify_of(64));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().invalidity, GetParam().invalidity);
    EXPECT_EQ(lost.error().reason.substr(0, std::string(GetParam().reason).size()), GetParam().reason);
    expect_no_children();

    EXPECT_TRUE(worker.verify(verify_of(128)));
    EXPECT_EQ(worker.restarts(), 1);
    EXPECT_EQ(fake.ops(), (std::vector<std::string>{"prepare", "verify", "prepare", "verify"}));
    const auto log = fake.log();
    EXPECT_EQ(log[0].substr(log[0].find("\"request\"")), log[2].substr(log[2].find("\"request\"")))
        << "the same problem and seed are prepared again";
  }
  expect_no_children();
}

INSTANTIATE_TEST_SUITE_P(
    Every, LostWorker,
    testing::Values(Loss{"hang", R"("do": "hang")", Invalidity::timeout, "no answer to verify within 1 s"},
                    Loss{"segv", R"("do": "segv", "stderr": "about to\ncrash\n")", Invalidity::runtime,
                         "worker died of signal 11 (SIGSEGV) during verify; last words: about to crash"},
                    Loss{"exit", R"("do": "exit", "code": 7)", Invalidity::runtime,
                         "worker died of exit code 7 during verify"},
                    Loss{"exit_zero", R"("do": "exit", "code": 0)", Invalidity::runtime,
                         "worker died of exit code 0 during verify"},
                    Loss{"garbage", R"("do": "garbage")", Invalidity::runtime,
                         "worker spoke garbage: a message of 1936287860 bytes was announced"},
                    Loss{"half_message", R"("do": "half_message")", Invalidity::runtime,
                         "worker died of exit code 0, in the middle of a message during verify"},
                    Loss{"wrong_op", R"("do": "wrong_op")", Invalidity::runtime,
                         "worker spoke garbage: an answer to another request"},
                    Loss{"malformed", R"("do": "malformed")", Invalidity::runtime,
                         "worker spoke garbage: missing \"defect\" (in answer to verify)"},
                    Loss{"deep",
                         R"("do": "malformed", "result": )" + std::string(80, '[') + std::string(80, ']'),
                         Invalidity::runtime,
                         "worker spoke garbage: JSON nested deeper than 64 levels (in answer to verify)"},
                    Loss{"fatal", R"("do": "fatal", "reason": "an illegal memory access was encountered")",
                         Invalidity::runtime, "an illegal memory access was encountered"}),
    [](const auto& tested) { return tested.param.name; });

TEST(ProcessWorker, refuses_fewer_timings_than_contenders) {
  const Fake fake(rule(
      R"("do": "malformed", "result": {"timings": [], "gpu": {"working_s": 1, "resting_s": 1}})", "measure"));
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  const MeasureRequest request = {{verify_of(64).contender}, Policy{}};
  EXPECT_EQ(worker.measure(request).error().reason, "worker spoke garbage: 0 timings of 1 contenders");
  EXPECT_TRUE(worker.measure(request));
  EXPECT_EQ(worker.restarts(), 1);
}

TEST(ProcessWorker, refuses_baselines_that_are_no_list) {
  const Fake fake(rule(R"("do": "malformed")", "baselines"));
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  EXPECT_EQ(worker.baselines().error().reason,
            "worker spoke garbage: no list of baselines (in answer to baselines)");
}

TEST(ProcessWorker, honours_the_deadline_of_a_hang) {
  const Fake fake(rule(R"("do": "hang")"));
  ProcessWorker worker(fake.command(), quick(0.2));
  worker.prepare({problem_of(64), 1});
  const auto start = Clock::now();
  EXPECT_FALSE(worker.verify(verify_of(64)));
  EXPECT_GE(seconds_since(start), 0.2);
  EXPECT_LT(seconds_since(start), 5);
}

TEST(ProcessWorker, keeps_the_end_of_long_last_words_and_makes_them_printable) {
  const std::string noise(9000, '.');
  const Fake fake(rule(R"("do": "segv", "stderr": ")" + noise + R"(\u001b[31mthe \u00e9nd\n")"));
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  const std::string reason = worker.verify(verify_of(64)).error().reason;
  EXPECT_EQ(reason.substr(reason.size() - 12), "[31mthe ??nd");
  EXPECT_LT(reason.size(), 4300u);
}

TEST(ProcessWorker, forgets_what_an_answered_request_wrote_to_stderr) {
  const Fake fake(R"({"rules": [{"op": "prepare", "do": "ok", "stderr": "a warning"},
                                {"op": "verify", "do": "exit", "code": 7, "times": 1}]})");
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  EXPECT_EQ(worker.verify(verify_of(64)).error().reason, "worker died of exit code 7 during verify");
}

TEST(ProcessWorker, blames_nobody_for_a_worker_that_died_between_requests) {
  const Fake fake;
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  ASSERT_EQ(::kill(fake.pid(), SIGKILL), 0);
  siginfo_t dead;  // waits for the end and leaves the zombie to the worker
  ASSERT_EQ(::waitid(P_ALL, 0, &dead, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(worker.verify(verify_of(64)));
  EXPECT_EQ(worker.restarts(), 1);
}

TEST(ProcessWorker, does_not_take_a_second_reply_for_the_next_answer) {
  const Fake fake(rule(R"("do": "twice")"));
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  EXPECT_TRUE(worker.verify(verify_of(64)));
  EXPECT_TRUE(worker.verify(verify_of(128)));
  EXPECT_EQ(worker.restarts(), 1);
}

// ---- the prepared problem ----

TEST(ProcessWorker, prepares_again_only_when_the_problem_is_needed) {
  const Fake fake(R"({"rules": [{"op": "verify", "do": "segv", "times": 1}]})");
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  EXPECT_FALSE(worker.verify(verify_of(64)));
  EXPECT_TRUE(worker.compile({"dense_1d2d", {}}));
  EXPECT_TRUE(worker.prepare({problem_of(128), 1}));
  EXPECT_TRUE(worker.verify(verify_of(64)));
  EXPECT_EQ(fake.ops(), (std::vector<std::string>{"prepare", "verify", "compile", "prepare", "verify"}));
}

TEST(ProcessWorker, returns_the_failure_of_a_problem_that_cannot_be_prepared_again) {
  const Fake fake(R"({"rules": [{"op": "verify", "do": "segv", "times": 1},
      {"op": "prepare", "do": "failure", "reason": "out of memory", "skip": 1, "times": 1}]})");
  ProcessWorker worker(fake.command());
  worker.prepare({problem_of(64), 1});
  EXPECT_FALSE(worker.verify(verify_of(64)));
  EXPECT_EQ(worker.verify(verify_of(64)).error().reason,
            "while the problem was prepared again for a new worker: out of memory");
  EXPECT_TRUE(worker.verify(verify_of(64))) << "and it is tried again at the next request";
}

TEST(ProcessWorker, does_not_fall_back_to_the_problem_before_one_that_failed) {
  const Fake fake(R"({"rules": [{"op": "prepare", "match": {"m": 128}, "do": "segv"}]})");
  ProcessWorker worker(fake.command());
  EXPECT_TRUE(worker.prepare({problem_of(64), 1}));
  EXPECT_FALSE(worker.prepare({problem_of(128), 1}));
  EXPECT_EQ(worker.verify(verify_of(64)).error().reason, "no problem is prepared");
}

// ---- the start ----

std::string start_complaint(const Command& command, Deadlines deadlines = {}) {
  ProcessWorker worker(command, deadlines);
  try {
    worker.describe();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(ProcessWorker, tries_again_when_a_worker_dies_before_its_hello) {
  const Fake fake(R"({"rules": [{"op": "hello", "do": "segv", "times": 2}]})");
  ProcessWorker worker(fake.command());
  EXPECT_TRUE(worker.describe());
  EXPECT_EQ(worker.restarts(), 0);
}

TEST(ProcessWorker, gives_up_on_the_third_death_before_the_hello) {
  const Fake fake(
      R"({"rules": [{"op": "hello", "do": "exit", "code": 3, "stderr": "no luck", "times": 3}]})");
  EXPECT_EQ(start_complaint(fake.command()), std::string(GEMMTUNE_FAKE_WORKER_PATH) +
                                                 " does not start (3 attempts): it ends with exit code 3; "
                                                 "last words: no luck");
  expect_no_children();
}

TEST(ProcessWorker, says_what_to_do_about_a_missing_library) {
  const Fake fake(R"({"rules": [{"op": "hello", "do": "exit", "code": 127, "stderr":
      "error while loading shared libraries: libnvrtc.so.13: cannot open shared object file"}]})");
  const std::string complaint = start_complaint(fake.command());
  EXPECT_NE(complaint.find("libnvrtc.so.13"), std::string::npos) << complaint;
  EXPECT_NE(complaint.find("LD_LIBRARY_PATH"), std::string::npos) << complaint;
}

TEST(ProcessWorker, complains_about_a_worker_that_never_says_hello) {
  const Fake fake(R"({"rules": [{"op": "hello", "do": "hang"}]})");
  Deadlines deadlines;
  deadlines.start = 0.1;
  const std::string complaint = start_complaint(fake.command(), deadlines);
  EXPECT_NE(complaint.find("it says nothing within 0.1 s"), std::string::npos) << complaint;
}

TEST(ProcessWorker, refuses_a_worker_of_another_version) {
  const Fake fake(R"({"rules": [{"op": "hello", "do": "hello_protocol", "protocol": 99}]})");
  const std::string complaint = start_complaint(fake.command());
  EXPECT_NE(complaint.find("protocol " + std::to_string(kProtocol) + " expected, got 99"), std::string::npos)
      << complaint;
}

TEST(ProcessWorker, refuses_a_program_that_is_no_worker) {
  const std::string complaint = start_complaint({"/bin/true"});
  EXPECT_NE(complaint.find("ends with exit code 0"), std::string::npos) << complaint;
}

TEST(ProcessWorker, reports_a_program_that_cannot_be_executed) {
  const std::string complaint = start_complaint({"/nowhere/gemmtune-worker"});
  EXPECT_NE(complaint.find("cannot execute /nowhere/gemmtune-worker: No such file"), std::string::npos)
      << complaint;
}

}  // namespace
}  // namespace gemmtune::workers
