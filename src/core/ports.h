// What the tuning loop sees of the world. Fakes of these make it testable without processes, disks or GPUs.
#pragma once

#include "core/messages.h"
#include "core/row.h"
#include "core/run.h"

#include <string>
#include <vector>

namespace gemmtune {

/// A process that owns a GPU (or only a compiler). No call throws for what a candidate did: that is a
/// Failure. After a failure the worker is ready again; the prepared problem is prepared anew behind the
/// scenes.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual Outcome<Environment> describe() = 0;
  virtual Outcome<CompileReport> compile(const CompileRequest& request) = 0;
  virtual Outcome<PrepareReport> prepare(const PrepareRequest& request) = 0;
  virtual Outcome<std::vector<Baseline>> baselines() = 0;
  virtual Outcome<Verdict> verify(const VerifyRequest& request) = 0;
  virtual Outcome<MeasureReport> measure(const MeasureRequest& request) = 0;
  virtual Outcome<CountReport> count(const CountRequest& request) = 0;
  virtual Outcome<CeilingsReport> ceilings(const CeilingsRequest& request) = 0;
  virtual Outcome<QuantiseReport> quantise(const QuantiseRequest& request) = 0;
};

/// Where rows go. `write` returns once the row is safe; it throws when it cannot be.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void write(const Row& row) = 0;
};

/// Told how far the work is; draws it or does not.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A phase begins: so many steps of it are to come, which together cost `cost`. Its unit does not matter,
  /// only each step's share.
  virtual void begin(const std::string& phase, std::size_t steps, double cost) = 0;
  virtual void step(const std::string& what, double cost) = 0;
  /// A step that an earlier run has done: it says nothing of how long the others take.
  virtual void skip(const std::string& what, double cost) = 0;
  /// What is being done that is no step of its own.
  virtual void doing(const std::string& what) = 0;
  virtual void end() = 0;
};

}  // namespace gemmtune
