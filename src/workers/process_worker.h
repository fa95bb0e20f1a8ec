// The Worker that is a process of its own. It may hang, crash or speak garbage: that costs the request in
// flight, which comes back as a Failure and is never tried again behind the caller's back; the next request
// gets a new process. Started at the first request. One thread at a time, and the thread that makes the first
// request must outlive the worker (workers/process.h).
#pragma once

#include "core/json_fwd.h"
#include "core/ports.h"
#include "workers/deadlines.h"
#include "workers/link.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace gemmtune::workers {

/// Every call throws UserError when the program cannot be started: it ended kStartAttempts times in a row
/// before its hello, or belongs to another version of gemmtune.
class ProcessWorker : public Worker {
 public:
  static constexpr int kStartAttempts = 3;

  /// Once `drop_compilation` is set, no compilation is waited for: it comes back as a Failure whose blame is
  /// `innocent`. It must outlive this.
  explicit ProcessWorker(Command command, Deadlines deadlines = Deadlines::from_environment(),
                         const std::atomic<bool>* drop_compilation = nullptr);

  Outcome<Environment> describe() override;
  Outcome<CompileReport> compile(const CompileRequest& request) override;
  Outcome<PrepareReport> prepare(const PrepareRequest& request) override;
  Outcome<std::vector<Baseline>> baselines() override;
  Outcome<Verdict> verify(const VerifyRequest& request) override;
  Outcome<MeasureReport> measure(const MeasureRequest& request) override;
  Outcome<CountReport> count(const CountRequest& request) override;
  Outcome<CeilingsReport> ceilings(const CeilingsRequest& request) override;
  Outcome<QuantiseReport> quantise(const QuantiseRequest& request) override;

  /// How often a process had to be replaced.
  int restarts() const { return starts_ > 1 ? starts_ - 1 : 0; }

 private:
  void ensure_started(const std::atomic<bool>* drop = nullptr);
  void check_hello(const std::string& payload) const;
  Outcome<PrepareReport> ask_to_prepare();
  template <typename Report>
  Outcome<Report> ask_about_prepared(const std::string& op, const Json& request, double seconds);
  template <typename Report>
  Outcome<Report> ask(const std::string& op, const Json& request, double seconds,
                      const std::atomic<bool>* drop = nullptr);
  template <typename Report>
  Outcome<Report> exchange(const std::string& op, const Json& request, double seconds,
                           const std::atomic<bool>* drop = nullptr);
  Json read_reply(const std::string& op, const std::string& payload) const;
  Failure lost(const std::string& op, const Heard& heard, double seconds) const;

  Command command_;
  Deadlines deadlines_;
  const std::atomic<bool>* drop_compilation_;
  std::unique_ptr<Link> link_;  ///< null: no process, or one that is to be replaced
  int starts_ = 0;

  std::optional<PrepareRequest> prepared_;  ///< the last one, unless it failed
  bool prepared_here_ = false;              ///< the running process has seen it
};

}  // namespace gemmtune::workers
