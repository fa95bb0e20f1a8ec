#include "tune/careful_worker.h"

#include "fakes/fakes.h"
#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::tune {
namespace {

const Failure kLost = {Invalidity::timeout, "no answer to verify within 60 s", Blame::uncertain};

Environment machine(int sms = 132, const std::string& device = "H100") {
  Environment environment;
  environment.device = device;
  environment.sms = sms;
  return environment;
}

VerifyRequest candidate(std::int64_t block_n = 64) {
  return {{provider::kGemmtune, {{"block_n", block_n}}}};
}

struct CarefulWorkerTest : testing::Test {
  fakes::FakeWorker worker;
  CarefulWorker careful{worker, machine()};

  CarefulWorkerTest() { worker.environment = machine(); }

  /// The first `losses` requests to judge lose the worker.
  void lose(int losses, const Failure& failure = kLost) {
    worker.judge = [losses, failure](const Contender&) mutable -> Outcome<Verdict> {
      if (losses-- > 0) return failure;
      return Verdict{};
    };
  }

  std::string complaint(const std::function<void()>& act) {
    try {
      act();
    } catch (const UserError& error) {
      EXPECT_EQ(error.exit_code(), kExitInternal);
      return error.what();
    }
    return "nothing was thrown";
  }
};

TEST_F(CarefulWorkerTest, asks_once_when_all_goes_well) {
  EXPECT_TRUE(careful.verify(candidate()));
  EXPECT_EQ(worker.verified.size(), 1u);
}

TEST_F(CarefulWorkerTest, does_not_ask_again_when_the_worker_lives_and_says_why) {
  lose(9, {Invalidity::runtime, "too many resources"});
  EXPECT_EQ(careful.verify(candidate()).error().reason, "too many resources");
  EXPECT_EQ(worker.verified.size(), 1u);
}

TEST_F(CarefulWorkerTest, asks_again_and_blames_nobody_when_it_then_goes_well) {
  lose(1);
  EXPECT_TRUE(careful.verify(candidate()));
  EXPECT_EQ(worker.verified.size(), 2u);
}

TEST_F(CarefulWorkerTest, blames_who_loses_two_workers) {
  lose(2);
  const auto verdict = careful.verify(candidate());
  EXPECT_EQ(verdict.error().invalidity, Invalidity::timeout);
  EXPECT_EQ(verdict.error().reason, "twice: no answer to verify within 60 s");
  EXPECT_EQ(worker.verified.size(), 2u);
}

TEST_F(CarefulWorkerTest, asks_a_race_once_and_a_contender_alone_twice) {
  worker.time_us = [](const Contender&) -> Outcome<double> { return kLost; };
  EXPECT_EQ(careful.measure({{candidate(64).contender, candidate(96).contender}, {}}).error().reason,
            kLost.reason);
  EXPECT_EQ(worker.measured.size(), 1u);
  EXPECT_EQ(careful.measure({{candidate(64).contender}, {}}).error().reason, "twice: " + kLost.reason);
  EXPECT_EQ(worker.measured.size(), 3u);
}

TEST_F(CarefulWorkerTest, ends_the_run_when_no_gpu_is_left) {
  lose(1);
  worker.environment = machine(0, "");
  EXPECT_EQ(complaint([&] { careful.verify(candidate()); }),
            "the GPU is gone (H100): no usable GPU is left; noticed at: no answer to verify within 60 s");
  EXPECT_EQ(worker.verified.size(), 1u);
}

TEST_F(CarefulWorkerTest, ends_the_run_when_the_gpu_goes_during_the_second_attempt) {
  int asked = 0;
  worker.judge = [&](const Contender&) -> Outcome<Verdict> {
    if (++asked == 2) worker.environment = Failure{Invalidity::timeout, "no answer to describe"};
    return kLost;
  };
  EXPECT_NE(complaint([&] { careful.verify(candidate()); }).find("no answer to describe"), std::string::npos);
}

TEST_F(CarefulWorkerTest, ends_the_run_when_the_gpu_has_become_another) {
  lose(1);
  worker.environment = machine(114, "H200 MIG");
  EXPECT_NE(complaint([&] { careful.verify(candidate()); }).find("now it is H200 MIG"), std::string::npos);
}

TEST_F(CarefulWorkerTest, blames_no_candidate_whose_problem_cannot_be_prepared_again) {
  lose(2, {Invalidity::runtime, "out of memory", Blame::innocent});
  EXPECT_EQ(complaint([&] { careful.verify(candidate()); }),
            "the GPU cannot do what it did before: out of memory");
  lose(1, {Invalidity::runtime, "out of memory", Blame::innocent});
  EXPECT_TRUE(careful.verify(candidate()));
}

TEST_F(CarefulWorkerTest, suspects_the_machine_when_candidate_after_candidate_is_lost) {
  lose(1000);
  for (int i = 1; i < CarefulWorker::kMostLostInARow; ++i) EXPECT_FALSE(careful.verify(candidate(i)));
  EXPECT_NE(complaint([&] { careful.verify(candidate()); }).find("this looks like the machine"),
            std::string::npos);
}

TEST_F(CarefulWorkerTest, counts_anew_after_one_that_went_well) {
  for (int i = 0; i < 3 * CarefulWorker::kMostLostInARow; ++i) {
    lose(i % 2 == 0 ? 2 : 0);
    EXPECT_EQ(static_cast<bool>(careful.verify(candidate())), i % 2 != 0);
  }
}

}  // namespace
}  // namespace gemmtune::tune
