#include "workers/process_worker.h"

#include "core/serialise.h"
#include "util/error.h"

#include <algorithm>
#include <utility>

namespace gemmtune::workers {

namespace {

std::string in_seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", seconds);
  return text;
}

std::string with_last_words(const std::string& sentence, const std::string& last_words) {
  return last_words.empty() ? sentence : sentence + "; last words: " + last_words;
}

/// Throws std::runtime_error when `text` is not a JSON object.
Json parse_object(const std::string& text) {
  Json json = parse_json(text);
  if (json.is_discarded()) throw std::runtime_error(why_no_json(text));
  if (!json.is_object()) throw std::runtime_error("no JSON object");
  return json;
}

Failure dropped(const std::string& op) {
  return {Invalidity::compile, "interrupted during " + op, Blame::innocent};
}

template <typename Report>
Report report_from(const Json& result) {
  return from_json<Report>(result);
}

template <>
std::vector<Baseline> report_from(const Json& result) {
  if (!result.is_array()) throw std::runtime_error("no list of baselines");
  std::vector<Baseline> baselines;
  for (const Json& element : result) baselines.push_back(from_json<Baseline>(element));
  return baselines;
}

}  // namespace

ProcessWorker::ProcessWorker(Command command, Deadlines deadlines, const std::atomic<bool>* drop_compilation)
    : command_(std::move(command)), deadlines_(deadlines), drop_compilation_(drop_compilation) {}

Outcome<Environment> ProcessWorker::describe() {
  return ask<Environment>("describe", Json::object(), deadlines_.describe);
}

Outcome<CompileReport> ProcessWorker::compile(const CompileRequest& request) {
  return ask<CompileReport>("compile", to_json(request), deadlines_.compile, drop_compilation_);
}

Outcome<PrepareReport> ProcessWorker::prepare(const PrepareRequest& request) {
  prepared_ = request;
  auto report = ask_to_prepare();
  // The problem before this one is gone from the device; nobody may verify against it by mistake.
  if (!report) prepared_.reset();
  return report;
}

Outcome<std::vector<Baseline>> ProcessWorker::baselines() {
  return ask_about_prepared<std::vector<Baseline>>("baselines", Json::object(), deadlines_.baselines);
}

Outcome<Verdict> ProcessWorker::verify(const VerifyRequest& request) {
  return ask_about_prepared<Verdict>("verify", to_json(request), deadlines_.verify);
}

Outcome<MeasureReport> ProcessWorker::measure(const MeasureRequest& request) {
  const int launches_each =
      (request.policy.warmup + 1) * std::max(request.policy.samples, request.policy.max_samples);
  auto report = ask_about_prepared<MeasureReport>(
      "measure", to_json(request), deadlines_.measure_of(request.contenders.size(), launches_each));
  if (report && report->timings.size() != request.contenders.size()) {
    link_.reset();
    return Failure{Invalidity::runtime,
                   "worker spoke garbage: " + std::to_string(report->timings.size()) + " timings of " +
                       std::to_string(request.contenders.size()) + " contenders",
                   Blame::uncertain};
  }
  return report;
}

Outcome<CountReport> ProcessWorker::count(const CountRequest& request) {
  if (request.contenders.empty()) return ask<CountReport>("count", to_json(request), deadlines_.count);
  return ask_about_prepared<CountReport>("count", to_json(request), deadlines_.count);
}

Outcome<CeilingsReport> ProcessWorker::ceilings(const CeilingsRequest& request) {
  return ask<CeilingsReport>("ceilings", to_json(request), deadlines_.ceilings);
}

Outcome<QuantiseReport> ProcessWorker::quantise(const QuantiseRequest& request) {
  return ask<QuantiseReport>("quantise", to_json(request), deadlines_.quantise);
}

Outcome<PrepareReport> ProcessWorker::ask_to_prepare() {
  auto report = ask<PrepareReport>("prepare", to_json(*prepared_), deadlines_.prepare);
  prepared_here_ = link_ != nullptr && static_cast<bool>(report);
  return report;
}

template <typename Report>
Outcome<Report> ProcessWorker::ask_about_prepared(const std::string& op, const Json& request,
                                                  double seconds) {
  ensure_started();
  if (prepared_ && !prepared_here_) {
    const auto report = ask_to_prepare();
    if (!report)
      return Failure{report.error().invalidity,
                     "while the problem was prepared again for a new worker: " + report.error().reason,
                     Blame::innocent};
  }
  // Not ask(): should this process end right here, its successor would judge a problem it has never seen.
  return exchange<Report>(op, request, seconds);
}

template <typename Report>
Outcome<Report> ProcessWorker::ask(const std::string& op, const Json& request, double seconds,
                                   const std::atomic<bool>* drop) {
  ensure_started(drop);
  return exchange<Report>(op, request, seconds, drop);
}

template <typename Report>
Outcome<Report> ProcessWorker::exchange(const std::string& op, const Json& request, double seconds,
                                        const std::atomic<bool>* drop) {
  if (link_ == nullptr) return dropped(op);
  const Heard heard = link_->exchange(json_text({{"op", op}, {"request", request}}), seconds, drop);
  if (heard.ending != Ending::message) {
    const Failure failure = lost(op, heard, seconds);
    link_.reset();
    return failure;
  }
  try {
    const Json reply = read_reply(op, heard.text);
    if (reply.contains("result")) return report_from<Report>(reply.at("result"));
    auto failure = from_json<Failure>(reply.at("failure"));
    if (reply.value("fatal", false)) {
      failure.blame = Blame::uncertain;
      link_.reset();
    }
    return failure;
  } catch (const std::exception& error) {
    const Failure failure = lost(op, {Ending::garbage, error.what()}, seconds);
    link_.reset();
    return failure;
  }
}

/// Throws std::runtime_error unless `payload` answers `op`.
Json ProcessWorker::read_reply(const std::string& op, const std::string& payload) const {
  Json reply = parse_object(payload);
  if (reply.value("op", "") != op) throw std::runtime_error("an answer to another request");
  return reply;
}

/// What becomes of a request whose worker was lost.
Failure ProcessWorker::lost(const std::string& op, const Heard& heard, double seconds) const {
  const std::string last_words = link_->last_words();
  // A compiler that crashes has shown nothing of how the kernel would run.
  const Invalidity broken = op == "compile" ? Invalidity::compile : Invalidity::runtime;
  switch (heard.ending) {
    case Ending::silence: {
      const std::string detail = heard.text.empty() ? "" : " (" + heard.text + ")";
      return {Invalidity::timeout,
              with_last_words("no answer to " + op + " within " + in_seconds(seconds) + detail, last_words),
              Blame::uncertain};
    }
    case Ending::death:
      return {broken, with_last_words("worker died of " + heard.text + " during " + op, last_words),
              Blame::uncertain};
    case Ending::dropped:
      return dropped(op);
    default:
      return {
          broken,
          with_last_words("worker spoke garbage: " + heard.text + " (in answer to " + op + ")", last_words),
          Blame::uncertain};
  }
}

/// There is no process afterwards when `drop` was set meanwhile.
void ProcessWorker::ensure_started(const std::atomic<bool>* drop) {
  // A worker that died or talked while nobody had asked anything: replaced, and no candidate is blamed.
  if (link_ != nullptr && link_->quiet()) return;
  prepared_here_ = false;
  std::string ending;
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    link_ = std::make_unique<Link>(command_);
    const Heard hello = link_->listen(deadlines_.start, drop);
    if (hello.ending == Ending::dropped) return link_.reset();
    if (hello.ending == Ending::message) {
      check_hello(hello.text);
      ++starts_;
      return;
    }
    const std::string how = hello.ending == Ending::silence
                                ? "says nothing within " + in_seconds(deadlines_.start)
                            : hello.ending == Ending::death ? "ends with " + hello.text
                                                            : "speaks garbage: " + hello.text;
    ending = with_last_words(how, link_->last_words());
  }
  link_.reset();
  std::string advice;
  if (ending.find("error while loading shared libraries") != std::string::npos)
    advice = "; a library is missing: install it, or put its folder into LD_LIBRARY_PATH";
  throw UserError(command_.program.string() + " does not start (" + std::to_string(kStartAttempts) +
                  " attempts): it " + ending + advice);
}

void ProcessWorker::check_hello(const std::string& payload) const {
  int protocol = 0;
  try {
    const Json hello = parse_object(payload);
    if (hello.value("op", "") == "hello") protocol = hello.value("protocol", 0);
  } catch (const std::exception&) {
    // Stays 0: whatever that program is, it is no worker of ours.
  }
  if (protocol != kProtocol)
    throw UserError(command_.program.string() + " is not the worker of this gemmtune (protocol " +
                    std::to_string(kProtocol) + " expected, got " +
                    (protocol == 0 ? "something else" : std::to_string(protocol)) +
                    "); build or install both programs together");
}

}  // namespace gemmtune::workers
