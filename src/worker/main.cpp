// gemmtune-worker: owns CUDA, so that what a kernel does to its process cannot hurt the program that plans
// and records. Reads framed requests from descriptor 3, writes framed replies to descriptor 4
// (core/messages.h), ends with its parent. As `gemmtune-worker profile REQUEST` or `describe` it serves
// nobody and may be under a profiler (worker/profile.h).
#include "core/serialise.h"
#include "launch/driver.h"
#include "util/error.h"
#include "util/frame.h"
#include "util/streams.h"
#include "worker/gpu/check.h"
#include "worker/profile.h"
#include "worker/service.h"

#include <cstdio>
#include <exception>

namespace gemmtune {

namespace {

Json to_json(const std::vector<Baseline>& baselines) {
  Json list = Json::array();
  for (const Baseline& baseline : baselines) list.push_back(gemmtune::to_json(baseline));
  return list;
}

template <typename Value>
Json reply(const Outcome<Value>& outcome) {
  if (outcome) return {{"result", to_json(*outcome)}};
  return {{"failure", gemmtune::to_json(outcome.error())}};
}

Json dispatch(Service& service, const std::string& op, const Json& request) {
  if (op == "describe") return reply(service.describe());
  if (op == "compile") return reply(service.compile(from_json<CompileRequest>(request)));
  if (op == "prepare") return reply(service.prepare(from_json<PrepareRequest>(request)));
  if (op == "baselines") return reply(service.baselines());
  if (op == "verify") return reply(service.verify(from_json<VerifyRequest>(request)));
  if (op == "measure") return reply(service.measure(from_json<MeasureRequest>(request)));
  if (op == "count") return reply(service.count(from_json<CountRequest>(request)));
  if (op == "ceilings") return reply(service.ceilings(from_json<CeilingsRequest>(request)));
  if (op == "quantise") return reply(service.quantise(from_json<QuantiseRequest>(request)));
  throw InternalError("unknown request \"" + op + "\"");
}

/// A candidate that breaks CUDA is a failed candidate; after some errors this process is of no use and says
/// so.
Json failure(const std::string& op, const char* what, bool fatal) {
  const Invalidity invalidity = op == "compile" ? Invalidity::compile : Invalidity::runtime;
  return {{"failure", gemmtune::to_json(Failure{invalidity, what})}, {"fatal", fatal}};
}

Json answer(Service& service, const std::string& op, const Json& request) {
  try {
    return dispatch(service, op, request);
  } catch (const gpu::GpuError& error) {
    return failure(op, error.what(), gpu::is_fatal(error.code()));
  } catch (const launch::DriverError& error) {
    return failure(op, error.what(), gpu::is_fatal(error.code()));
  } catch (const std::exception& error) {
    return failure(op, error.what(), false);
  }
}

int serve() {
  Service service;
  write_frame(kReplyFd, json_text({{"op", "hello"}, {"protocol", kProtocol}}));
  while (const auto frame = read_frame(kRequestFd)) {
    const Json message = parse_json(*frame);
    const std::string op = message.at("op").get<std::string>();
    Json response = answer(service, op, message.at("request"));
    response["op"] = op;
    // A compiler's log may hold bytes that are no UTF-8; they must not cost the process.
    write_frame(kReplyFd, json_text(response));
  }
  return kExitOk;
}

}  // namespace

}  // namespace gemmtune

int main(int argc, char** argv) {
  using namespace gemmtune;
  fill_closed_streams();
  ignore_size_limit_signal();
  try {
    if (argc == 2 && std::string_view(argv[1]) == "describe") return describe_alone();
    if (argc == 3 && std::string_view(argv[1]) == "profile")
      return profile(from_json<ProfileRequest>(parse_json(argv[2])));
    return serve();
  } catch (const UserError& error) {
    std::fprintf(stderr, "gemmtune-worker: %s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gemmtune-worker: %s\n", error.what());
    return kExitInternal;
  }
}
