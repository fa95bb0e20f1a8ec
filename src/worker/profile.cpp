#include "worker/profile.h"

#include "core/row.h"
#include "core/serialise.h"
#include "family/family.h"
#include "launch/driver.h"
#include "util/error.h"
#include "util/format.h"
#include "worker/gpu/check.h"
#include "worker/gpu/device.h"
#include "worker/jit/line_table.h"
#include "worker/service.h"

#include <cstdio>
#include <iostream>
#include <unistd.h>

namespace gemmtune {

namespace {

namespace fs = std::filesystem;

/// Beside the cubins whose line tables name them; where that cannot be written, in a folder for temporary
/// files.
fs::path keep_sources() {
  try {
    if (const fs::path folder = cache::cache_location().folder; !folder.empty())
      return jit::keep_sources(folder.parent_path());
  } catch (const UserError&) {
  }
  return jit::keep_sources(fs::temp_directory_path() / ("gemmtune-" + std::to_string(::getuid())));
}

/// gemmtune may not have seen this device: asking it takes a process, which profilers would watch too.
void require_legal(const ProfileRequest& request) {
  Environment e;
  const std::string why = gpu::describe_device(e);
  if (e.sms == 0) throw UserError("no usable GPU: " + why, kExitNoGpu);
  const family::Family& family = family::require(request.problem.kernel);
  auto violation = family.unsupported(request.problem);
  if (!violation)
    violation = family.illegal(request.config, request.problem, {e.device, e.sms, e.smem_bytes});
  if (violation)
    throw UserError(describe(request.config) + " cannot be launched on " + describe(request.problem) + ": " +
                    violation->sentence());
}

/// Why there is nothing to profile; empty when it has been launched.
std::string judge_and_launch(Service& service, const ProfileRequest& request) {
  const Contender contender{provider::kGemmtune, request.config};
  try {
    const auto verdict = service.verify({contender});
    if (!verdict) return verdict.error().reason;
    if (!verdict->defect.empty()) return verdict->defect;
    const auto failure = service.launch_profiled(contender);
    return failure ? failure->reason : "";
  } catch (const gpu::GpuError& error) {
    return error.what();
  } catch (const launch::DriverError& error) {
    return error.what();
  }
}

}  // namespace

int describe_alone() {
  Environment environment;
  gpu::describe_device(environment);
  std::cout << json_text(to_json(environment)) << '\n';
  return kExitOk;
}

int profile(const ProfileRequest& request) {
  require_legal(request);
  const fs::path sources = keep_sources();
  Service service(sources);
  const auto prepared = service.prepare({request.problem, request.seed});
  ensure(static_cast<bool>(prepared), prepared ? "" : prepared.error().reason);
  const std::string reason = judge_and_launch(service, request);
  const std::string what = describe(request.problem) + " " + describe(request.config);
  if (!reason.empty()) {
    std::cerr << formatted("{}: not profiled: {}\n", what, reason);
    return kExitWrongResults;
  }
  std::cerr << formatted("{}: right, launched once; its sources are in {}\n", what, sources.string());
  return kExitOk;
}

}  // namespace gemmtune
