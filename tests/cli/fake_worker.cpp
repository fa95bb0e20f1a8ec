// gemmtune-fake-worker: speaks the protocol of gemmtune-worker without a GPU and misbehaves on demand, so
// that the real gemmtune can be tested against every way a worker can fail.
//
// $GEMMTUNE_FAKE_SCRIPT names a JSON file; without it everything goes well.
//   { "environment": { "sms": 0 },                          replaces members of the answer to `describe`
//     "environments": { "1": { "uuid": "GPU-1" } },           the same by CUDA_VISIBLE_DEVICES
//     "cache_trouble": "cannot make /cache",                  every answer to `compile` warns of it
//     "resting_s": 0.1,                                       pauses that every answer to `measure` tells of
//     "unknown_metrics": ["x.sum"],                           what `count` says this GPU does not count
//     "cubins": "/folder",                                    artefacts are written there, as the cache does
//     "code_hash": "0123456789abcdef",                        what every kernel is said to compile to; else
//     unknown "timings": [ { "match": { "block_m": 64 }, "time_us": 5.0 } ],         first match; else a
//     formula "rules": [ { "op": "verify", "match": { "block_m": 64, "m": 16 }, "do": "segv", "skip": 0,
//     "times": 1 } ] }
// A rule applies to requests of its op ("hello": the start) that agree with all of `match`: members of the
// problem, of the configuration, "provider", "probe" or "visible" (CUDA_VISIBLE_DEVICES); for `measure`, of
// any contender. It leaves the first `skip` of them alone and then acts `times` times (always, when absent);
// the first rule that acts decides. Counts survive restarts in $GEMMTUNE_FAKE_SCRIPT.count. `do` is one of
//   ok · slow (ms) · hang · segv · exit (code) · garbage · half_message · wrong_op · malformed (result) ·
//   twice · wrong_result (defect) · failure, fatal (invalidity, reason) · hello_protocol (protocol)
// and any rule may have "stderr": text printed before it acts.
//
// $GEMMTUNE_FAKE_LOG: one JSON line is appended there for each request: {"op", "pid", "problem", "request"}.
// As `gemmtune-fake-worker profile REQUEST` it logs that and ends, or does what a rule of op "profile" says:
// ok, exit, segv; as `gemmtune-fake-worker describe` it prints the environment.
#include "cache/artefact.h"
#include "core/serialise.h"
#include "util/frame.h"
#include "util/hash.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/file.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace gemmtune {

namespace {

// ---- the script ----

Json read_script() {
  const char* const path = std::getenv("GEMMTUNE_FAKE_SCRIPT");
  if (path == nullptr) return Json::object();
  std::ifstream file(path);
  return Json::parse(file);
}

std::string visible_devices() {
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  return visible == nullptr ? "" : visible;
}

/// Everything that `match` can name, for each contender of a request.
std::vector<Json> subjects_of(const Json& request, const Json& problem) {
  std::vector<Json> contenders;
  if (request.contains("contenders")) contenders = request["contenders"];
  if (request.contains("contender")) contenders = {request["contender"]};
  if (request.contains("config")) contenders = {request};
  if (contenders.empty()) contenders = {Json::object()};
  std::vector<Json> subjects;
  for (const Json& contender : contenders) {
    Json subject = request.value("problem", problem);
    subject.update(contender.value("config", Json::object()));
    if (contender.contains("kernel")) subject["kernel"] = contender["kernel"];
    if (contender.contains("provider")) subject["provider"] = contender["provider"];
    for (const char* name : {"probe", "form"})
      if (request.contains(name)) subject[name] = request[name];
    subject["visible"] = visible_devices();
    subjects.push_back(subject);
  }
  return subjects;
}

bool matches(const Json& rule, const Json& subject) {
  const Json wanted = rule.value("match", Json::object());
  for (const auto& [name, value] : wanted.items())
    if (!subject.contains(name) || subject[name] != value) return false;
  return true;
}

/// How often the rule has matched before this call. Several fakes may count at once.
int count_match(std::size_t rule) {
  const std::string path = std::getenv("GEMMTUNE_FAKE_SCRIPT") + std::string(".count");
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ::flock(lock, LOCK_EX);
  std::ifstream in(path);
  Json counts = Json::parse(in, nullptr, false);
  if (!counts.is_array()) counts = Json::array();
  while (counts.size() <= rule) counts.push_back(0);
  const int before = counts[rule];
  counts[rule] = before + 1;
  std::ofstream(path) << counts;
  ::close(lock);
  return before;
}

/// The rule that acts on this request, or {"do": "ok"}.
Json rule_for(const Json& script, const std::string& op, const std::vector<Json>& subjects) {
  const Json rules = script.value("rules", Json::array());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Json& rule = rules[i];
    if (rule.at("op") != op) continue;
    if (std::none_of(subjects.begin(), subjects.end(), [&](const Json& s) { return matches(rule, s); }))
      continue;
    const int before = count_match(i);
    const int skip = rule.value("skip", 0);
    if (before >= skip && (!rule.contains("times") || before < skip + rule["times"].get<int>())) return rule;
  }
  return {{"do", "ok"}};
}

// ---- what a good worker would answer ----

Environment default_environment() {
  Environment e;
  e.device = "NVIDIA H100 80GB HBM3";
  e.sms = 132;
  e.cc_major = 9;
  e.smem_bytes = 232448;
  e.l2_bytes = 52428800;
  e.memory_bytes = 85520809984;
  e.power_limit_w = 700;
  e.max_sm_clock_mhz = 1980;
  e.cupti = true;
  e.driver = "580.0";
  e.nvrtc = "13.0";
  e.cublaslt = "130100";
  e.tool = "fake";
  e.revision = "fake";
  e.kernels = "fake";
  e.host = "fake-host";
  return e;
}

CompileReport compile(const Json& script, const CompileRequest& request) {
  CompileReport report;
  report.kernel_hash = short_hash(request.kernel + describe(request.config));
  report.code_hash = script.value("code_hash", "");
  report.registers = 168;
  report.cubin_bytes = 40000;
  report.compile_ms = 250;
  report.warning = script.value("cache_trouble", "");
  if (script.contains("cubins")) {
    report.cubin_path = script["cubins"].get<std::string>() + "/" + report.kernel_hash;
    std::ofstream(report.cubin_path, std::ios::binary)
        << cache::encode(report.kernel_hash, {"cubin of " + report.kernel_hash, "log", {}});
    std::filesystem::permissions(report.cubin_path, std::filesystem::perms(0600));
  }
  return report;
}

Json baselines(const Problem& problem) {
  Json list = Json::array();
  if (problem.m % 4 == 0)
    list.push_back(to_json(Baseline{provider::kCublasLtBlock, 2, ""}));
  else
    list.push_back(to_json(Baseline{provider::kCublasLtBlock, 0, "M must be a multiple of 4"}));
  for (const std::string name : {provider::kCublasLtTensor, provider::kCublasBf16})
    list.push_back(to_json(Baseline{name, 2, ""}));
  return list;
}

/// A roofline of an H100, times a factor in [1, 1.5) that only the contender decides: one winner, always the
/// same.
double time_us(const Problem& p, const Contender& contender) {
  const double m = static_cast<double>(p.m), n = static_cast<double>(p.n), k = static_cast<double>(p.k);
  const double roofline_us = std::max(2 * m * n * k / 1.2e9, (m * k + n * k + 2 * m * n) / 3e6);
  const std::string hash = short_hash(contender.provider + describe(contender.config));
  const double spread = static_cast<double>(std::stoul(hash.substr(0, 4), nullptr, 16)) / 65536.0;
  return (3 + roofline_us) * (1 + 0.5 * spread);
}

/// An odd answer of a library splits K and adds the parts up in a second kernel.
std::vector<std::string> kernels_of(const Contender& contender) {
  if (contender.provider == provider::kGemmtune) return {"gemm_dense_1d2d"};
  const std::int64_t answer = contender.config.at("answer");
  std::vector<std::string> kernels = {"nvjet_" + contender.provider + "_" + std::to_string(answer)};
  if (answer % 2 == 1) kernels.push_back("cublasLt::splitKreduce_kernel");
  return kernels;
}

MeasureReport measure(const Json& script, const Problem& problem, const MeasureRequest& request) {
  MeasureReport report;
  for (const Contender& contender : request.contenders) {
    double median_us = time_us(problem, contender);
    const Json subject = subjects_of({{"contender", to_json(contender)}}, to_json(problem)).front();
    for (const Json& timing : script.value("timings", Json::array()))
      if (matches(timing, subject)) {
        median_us = timing.at("time_us");
        break;
      }
    Timing timing;
    constexpr double kJitter[] = {0, 0.001, -0.001, 0.002, -0.002};
    for (int i = 0; i < request.policy.samples; ++i)
      timing.samples_us.push_back(median_us * (1 + kJitter[i % 5]));
    timing.sm_clock_mhz = 1755;
    timing.power_w = 400;
    if (request.policy.regime == PowerRegime::sustained && request.contenders.size() == 1)
      timing.energy_j = median_us * 400e-6;
    timing.smem_bytes = 200000;
    timing.ctas_per_sm = 1;
    if (request.policy.timer == Timer::cupti) timing.kernels = kernels_of(contender);
    report.timings.push_back(timing);
  }
  report.gpu.resting_s = script.value("resting_s", 0.0);
  return report;
}

/// Memory's traffic is what must be moved and half as much; two counters are none of this GPU's.
CountReport count(const Json& script, const Problem& p, const CountRequest& request) {
  CountReport report;
  report.unknown = script.value("unknown_metrics", std::vector<std::string>());
  for (std::size_t i = 0; i < request.contenders.size(); ++i) {
    Counters c;
    c.dram_read_bytes = 1.5 * static_cast<double>(p.m * p.k + p.n * p.k);
    c.dram_write_bytes = static_cast<double>(p.m * p.n * p.out_bytes());
    c.l2_bytes = 4 * *c.dram_read_bytes;
    c.fp8_ops = 2 * static_cast<double>(p.m * p.n * p.k);
    c.tensor_active_percent = 12.5;
    report.counters.push_back(c);
  }
  return report;
}

/// One figure a probe, and cold reads at 1 TB/s of 1 and 1000 MB.
CeilingsReport ceilings(const CeilingsRequest& request) {
  Ceiling c;
  // One figure of each probe; those of the tensor cores and the FP32 units have the probe's name.
  const std::map<std::string, std::string> figures = {{"launch", "launch_us"},
                                                      {"transfers", "h2d"},
                                                      {"cold", "cold_read"},
                                                      {"l2", "l2_read"},
                                                      {"memory", "hbm_read"}};
  const auto figure = figures.find(request.probe);
  c.name = figure == figures.end() ? request.probe : figure->second;
  c.unit = "GB/s";
  c.value = 1000, c.low = 990, c.high = 1010;
  c.time_us = 1, c.bytes = 1000000;
  c.sm_clock_mhz = 1755, c.power_w = 400;
  c.how = "fake";
  if (request.probe != "cold") return {{c}};
  Ceiling larger = c;
  larger.bytes = 1000000000, larger.time_us = 1000;
  return {{c, larger}};
}

/// A quantiser at 900 GB/s beside a copy at 1 TB/s.
QuantiseReport quantise(const QuantiseRequest& request) {
  QuantiseReport report{12, std::nullopt, std::nullopt};
  if (!request.timed) return report;
  Ceiling copy;
  copy.name = "copy", copy.unit = "GB/s", copy.how = "fake";
  copy.bytes = quantised_bytes(request.kind, request.form, request.rows, request.columns);
  copy.value = 1000, copy.low = 990, copy.high = 1010;
  copy.time_us = static_cast<double>(copy.bytes) / 1e6;
  Ceiling speed = copy;
  speed.name = "quantise";
  speed.value = 900, speed.low = 890, speed.high = 910;
  speed.time_us = copy.time_us / 0.9;
  report.speed = speed, report.copy = copy;
  return report;
}

/// Throws std::runtime_error with the reason of a failure.
Json good_result(const Json& script, const std::string& op, const Json& request,
                 std::optional<Problem>& problem) {
  if (op == "describe") {
    Json environment = to_json(default_environment());
    environment.update(script.value("environment", Json::object()));
    environment.update(script.value("environments", Json::object()).value(visible_devices(), Json::object()));
    return environment;
  }
  if (op == "compile") return to_json(compile(script, from_json<CompileRequest>(request)));
  if (op == "prepare") {
    problem = from_json<PrepareRequest>(request).problem;
    return to_json(PrepareReport{1 << 20, {}});
  }
  if (op == "ceilings") return to_json(ceilings(from_json<CeilingsRequest>(request)));
  if (op == "quantise") return to_json(quantise(from_json<QuantiseRequest>(request)));
  if (op == "count" && request.at("contenders").empty())
    return to_json(count(script, {}, from_json<CountRequest>(request)));
  if (!problem) throw std::runtime_error("no problem is prepared");
  if (op == "baselines") return baselines(*problem);
  if (op == "verify") return to_json(Verdict{2.2e-5, 9e-6, "", {}});
  if (op == "count") return to_json(count(script, *problem, from_json<CountRequest>(request)));
  if (op == "measure") return to_json(measure(script, *problem, from_json<MeasureRequest>(request)));
  throw std::runtime_error("unknown op " + op);
}

// ---- misbehaviour ----

/// A slip in a script must not pass for good behaviour.
void require_known(const std::string& what) {
  constexpr std::string_view kKnown[] = {"ok",           "slow",         "hang",     "segv",          "exit",
                                         "garbage",      "half_message", "wrong_op", "malformed",     "twice",
                                         "wrong_result", "failure",      "fatal",    "hello_protocol"};
  if (std::find(std::begin(kKnown), std::end(kKnown), what) == std::end(kKnown))
    throw std::runtime_error("the script says do: " + what + ", which does not exist");
}

[[noreturn]] void hang() {
  while (true) ::pause();
}

[[noreturn]] void crash() {
  std::signal(SIGSEGV, SIG_DFL);  // a sanitiser's handler would turn it into an exit code
  ::raise(SIGSEGV);
  std::abort();
}

void send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(kReplyFd, bytes.data(), bytes.size());
    if (put <= 0) std::_Exit(0);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

/// Sends `reply` the way the rule wants it; may not return.
void answer(const Json& rule, Json reply) {
  const std::string what = rule.at("do");
  require_known(what);
  if (rule.contains("stderr")) std::cerr << rule["stderr"].get<std::string>() << std::flush;
  if (what == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(rule.at("ms").get<int>()));
  if (what == "hang") hang();
  if (what == "segv") crash();
  if (what == "exit") std::_Exit(rule.at("code").get<int>());
  if (what == "garbage") return send_raw("this is not a frame\n");
  if (what == "half_message") {
    const std::string bytes = frame(reply.dump());
    send_raw(std::string_view(bytes).substr(0, bytes.size() / 2));
    std::_Exit(0);
  }
  if (what == "wrong_op") reply["op"] = "another";
  if (what == "malformed") reply["result"] = rule.value("result", Json{{"nonsense", true}});
  if (what == "wrong_result") reply["result"]["defect"] = rule.value("defect", "error_rms 0.5 above 3.8e-5");
  if (what == "hello_protocol") reply["protocol"] = rule.at("protocol");
  if (what == "failure" || what == "fatal")
    reply = {
        {"op", reply["op"]},
        {"failure",
         {{"invalidity", rule.value("invalidity", "runtime")}, {"reason", rule.value("reason", "scripted")}}},
        {"fatal", what == "fatal"}};
  const std::string bytes = frame(reply.dump());
  send_raw(what == "twice" ? bytes + bytes : bytes);
}

void log_request(const std::string& op, const std::optional<Problem>& problem, const Json& request) {
  const char* const path = std::getenv("GEMMTUNE_FAKE_LOG");
  if (path == nullptr) return;
  const Json entry = {{"op", op},
                      {"pid", ::getpid()},
                      {"visible", visible_devices()},
                      {"problem", problem ? Json(describe(*problem)) : Json(nullptr)},
                      {"request", request}};
  const std::string line = entry.dump() + "\n";
  const int log = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (::write(log, line.data(), line.size()) < 0) std::cerr << "cannot write " << path << "\n";
  ::close(log);
}

int serve() {
  const Json script = read_script();
  std::optional<Problem> problem;
  answer(rule_for(script, "hello", {Json::object()}), {{"op", "hello"}, {"protocol", kProtocol}});
  while (const auto payload = read_frame(kRequestFd)) {
    const Json message = Json::parse(*payload);
    const std::string op = message.at("op");
    const Json& request = message.at("request");
    const Json rule =
        rule_for(script, op, subjects_of(request, problem ? to_json(*problem) : Json::object()));
    log_request(op, problem, request);
    Json reply = {{"op", op}};
    try {
      reply["result"] = good_result(script, op, request, problem);
    } catch (const std::exception& error) {
      reply["failure"] = to_json(Failure{Invalidity::runtime, error.what()});
    }
    if (op == "prepare" && (rule["do"] == "failure" || rule["do"] == "fatal")) problem.reset();
    answer(rule, reply);
  }
  return 0;
}

int describe_alone() {
  std::optional<Problem> none;
  log_request("describe", none, Json::object());
  std::cout << good_result(read_script(), "describe", Json::object(), none) << "\n";
  return 0;
}

int profile(const std::string& argument) {
  const Json request = Json::parse(argument);
  from_json<ProfileRequest>(request);
  log_request("profile", std::nullopt, request);
  const Json rule = rule_for(read_script(), "profile", subjects_of(request, Json::object()));
  const std::string what = rule.at("do");
  require_known(what);
  if (rule.contains("stderr")) std::cerr << rule["stderr"].get<std::string>() << std::flush;
  if (what == "segv") crash();
  return what == "exit" ? rule.at("code").get<int>() : 0;
}

}  // namespace

}  // namespace gemmtune

int main(int argc, char** argv) {
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  try {
    if (argc == 2 && argv[1] == std::string("describe")) return gemmtune::describe_alone();
    if (argc == 3 && argv[1] == std::string("profile")) return gemmtune::profile(argv[2]);
    return gemmtune::serve();
  } catch (const std::exception& error) {
    std::cerr << "fake worker: " << error.what() << "\n";
    return 1;
  }
}
