// A tuner in a world of fakes, for its tests.
#pragma once

#include "fakes/fakes.h"
#include "tune/tuner.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace gemmtune::tune {

/// One problem with candidates block_n = 16, 24, ...; each has its own cubin and takes block_n microseconds.
struct Bench {
  fakes::FakeWorker worker;
  fakes::FakeSink sink;
  fakes::FakeProgress progress;
  Stopwatch stopwatch;
  std::map<std::string, Row> journal;
  std::atomic<bool> stop = false;
  bool energy = false;
  bool counters = false;
  bool sustained = false;  ///< races back to back too, four blocks each, from M 1024 on
  Search search;
  SweepPlan plan;
  std::deque<Outcome<CompileReport>> cubins;  // a vector: g++ 12 warns of what its moves never read
  std::function<void(std::size_t)> while_waiting = [](std::size_t) {};  ///< for this cubin
  std::vector<std::size_t> waited_for;  ///< cubins, in the order in which they were asked for

  explicit Bench(int candidates) {
    add_problem(64, candidates);
    worker.time_us = [](const Contender& c) {
      const auto block_n = c.config.find("block_n");
      return block_n == c.config.end() ? 100.0 : static_cast<double>(block_n->second);
    };
  }

  void add_problem(std::int64_t m, int candidates) {
    ProblemPlan problem;
    problem.problem.m = m;
    problem.problem.n = 2112;
    problem.problem.k = 7168;
    problem.flops = 2'000'000;
    for (int i = 0; i < candidates; ++i) {
      const Config config = {{"block_n", 16 + 8 * i}};
      problem.candidates.push_back({config, plan.cubins.size()});
      plan.cubins.push_back({"dense_1d2d", config});
      CompileReport report;
      report.kernel_hash = "hash" + std::to_string(i);
      report.code_hash = "code" + std::to_string(i);
      report.registers = 168;
      cubins.push_back(report);
    }
    plan.problems.push_back(problem);
  }

  bool run() {
    RunContext context{"run", {}};
    context.environment.device = "fake";
    Settings settings;
    settings.screening.samples = 3;
    settings.near_best.samples = 15;
    settings.final.samples = 30;
    settings.counters = counters;
    if (energy) {
      settings.energy = Policy{};
      settings.energy->regime = PowerRegime::sustained;
    }
    if (sustained) {
      settings.sustained = Policy{};
      settings.sustained->regime = PowerRegime::blocks;
      settings.sustained->l2 = L2Policy::cold_rotate;
      settings.sustained->samples = 4;
    }
    Tuner tuner(
        worker, sink, progress, stopwatch, context, settings,
        [this](const std::string& id) {
          const auto found = journal.find(id);
          return found == journal.end() ? nullptr : &found->second;
        },
        stop, search);
    return tuner.run(plan, [this](std::size_t index) -> const Outcome<CompileReport>& {
      waited_for.push_back(index);
      while_waiting(index);
      return cubins.at(index);
    });
  }

  /// What --resume does: the rows so far become the known ones.
  void resume() {
    for (const Row& row : sink.rows) journal[row_id(row)] = row;
    stop = false;
    sink.rows.clear();
    worker.verified.clear();
    worker.measured.clear();
    worker.prepared.clear();
    waited_for.clear();
  }

  /// Rows of the first screening.
  std::vector<Row> screened() const {
    std::vector<Row> found = sink.of(Stage::screen);
    std::erase_if(found, [](const Row& row) { return !row.policy.ends_with("-n3"); });
    return found;
  }

  Row screened(std::int64_t block_n) const {
    for (const Row& row : screened())
      if (row.config == Config{{"block_n", block_n}}) return row;
    ADD_FAILURE() << "no row of " << block_n;
    return {};
  }

  /// Requests to time under a policy of so many samples.
  std::vector<MeasureRequest> timed(int samples) const {
    std::vector<MeasureRequest> found = worker.measured;
    std::erase_if(found, [&](const MeasureRequest& r) { return r.policy.samples != samples; });
    return found;
  }

  /// `block_n` of those raced.
  std::set<std::int64_t> raced() const {
    std::set<std::int64_t> found;
    for (const Row& row : sink.of(Stage::final)) found.insert(row.config.at("block_n"));
    return found;
  }
};

inline std::int64_t block_n(const Row& row) {
  return row.config.at("block_n");
}

}  // namespace gemmtune::tune
