// `gemmtune doctor`: could a sweep run here? Each line is one thing that a sweep needs, with advice where it
// is missing.
#include "cache/cubin_cache.h"
#include "cli/commands.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "cli/policy_options.h"
#include "cli/standing.h"
#include "cli/terminal.h"
#include "store/results.h"
#include "util/embedded.h"
#include "util/error.h"
#include "util/format.h"
#include "util/shell.h"
#include "util/version.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <unistd.h>
#include <vector>

namespace gemmtune::cli {

namespace {

struct Options {
  std::vector<std::string> tables;
  MachineOptions machine;
};

/// `advice` is empty when all is well.
struct Finding {
  std::string what;
  std::string found;
  std::string advice;
};

/// What was found, and how bad it is.
struct Diagnosis {
  std::vector<Finding> findings;
  ExitCode exit_code = kExitOk;
  bool simulated = false;
  bool unreadable = false;          ///< a table that was named
  Environment here = this_build();  ///< the machine's too, where the worker knows it
};

std::string or_unknown(const std::string& text) {
  return text.empty() ? "unknown" : text;
}

void examine_gpu(const Environment& environment, Diagnosis& diagnosis) {
  constexpr const char* kWithout = "`plan`, `compile`, `report` and `list` work without one";
  if (environment.sms == 0) {
    diagnosis.exit_code = kExitNoGpu;
    diagnosis.findings.push_back(
        {"GPU", "none", std::string("no GPU that the CUDA driver lets us use; ") + kWithout});
    return;
  }
  if (environment.simulated) {
    diagnosis.findings.push_back({"GPU", formatted("{}, {} SMs", environment.device, environment.sms),
                                  "a model of one: nothing it says was measured"});
    return;
  }
  const std::string power = environment.power_limit_w > 0 ? formatted("{:.0f} W", environment.power_limit_w)
                                                          : "unknown power limit";
  Finding gpu{"GPU",
              formatted("{}, {} SMs, compute capability {}.{}, {}{}", environment.device, environment.sms,
                        environment.cc_major, environment.cc_minor, power, environment.mig ? ", MIG" : ""),
              ""};
  if (environment.cc_major != 9 || environment.cc_minor != 0) {
    diagnosis.exit_code = kExitNoGpu;
    gpu.advice = std::string("the kernels are for Hopper, compute capability 9.0; ") + kWithout;
  }
  diagnosis.findings.push_back(gpu);
  diagnosis.findings.push_back({"driver", or_unknown(environment.driver), ""});
  diagnosis.findings.push_back({"timer", environment.cupti ? "cupti works" : "event; cupti does not work",
                                environment.cupti ? "" : kNoCupti});
}

/// Starts the worker: most of what can be missing shows in whether it starts and in what it says of itself.
void examine_worker(const MachineOptions& machine, Diagnosis& diagnosis) {
  const auto broken = [&](const std::string& advice) {
    diagnosis.exit_code = kExitInternal;
    diagnosis.findings.push_back({"worker", "does not start", advice});
  };
  try {
    const auto environment = open_machine(machine).device->describe();
    if (!environment) return broken(environment.error().reason);
    diagnosis.simulated = environment->simulated;
    if (environment->sms > 0) diagnosis.here = *environment;
    if (environment->simulated && environment->nvrtc.empty()) {
      diagnosis.findings.push_back({"worker", "none", "kernels are not compiled, only modelled"});
    } else {
      diagnosis.findings.push_back({"worker", "starts", ""});
      diagnosis.findings.push_back({"NVRTC", or_unknown(environment->nvrtc), ""});
    }
    if (!environment->simulated)
      diagnosis.findings.push_back({"cuBLASLt", or_unknown(environment->cublaslt), ""});
    examine_gpu(*environment, diagnosis);
  } catch (const UserError& error) {
    broken(error.what());
  }
}

void examine_cache(Diagnosis& diagnosis) {
  const cache::CubinCache cache(cache::cache_location());
  const std::string folder = cache.location().folder.string();
  const auto contents = cache.contents();
  Finding finding{"cache",
                  formatted("{}: {} cubins, {:.1f} of {:.0f} MiB", folder.empty() ? "nowhere" : folder,
                            contents.entries, static_cast<double>(contents.bytes) / 1048576,
                            static_cast<double>(cache.location().most_bytes) / 1048576),
                  ""};
  const bool writable = cache.trouble().empty() && ::access(folder.c_str(), W_OK | X_OK) == 0;
  if (!writable)
    finding.advice = (cache.trouble().empty() ? "cannot write there" : cache.trouble()) +
                     "; every sweep compiles anew. Set GEMMTUNE_CACHE_DIR to a folder that you may write to";
  diagnosis.findings.push_back(finding);
}

void examine_rest(Diagnosis& diagnosis) {
  const char* folder = std::getenv("GEMMTUNE_KERNELS");
  diagnosis.findings.push_back(
      {"kernels",
       kernels_hash().substr(0, 16) + (folder && *folder ? std::string(" from ") + folder : " embedded"),
       ""});
  diagnosis.findings.push_back(
      {"terminal",
       ::isatty(STDOUT_FILENO)
           ? formatted("{} columns, {}", columns(STDOUT_FILENO), color_on(STDOUT_FILENO) ? "colour" : "plain")
           : "none: plain text",
       ""});
}

/// Nothing where it cannot be read, which is a finding like others: it must not hide the machine's.
std::optional<Table> table_of(const std::string& path, Diagnosis& diagnosis) {
  try {
    return store::read_results(path).table;
  } catch (const UserError& error) {
    diagnosis.unreadable = true;
    diagnosis.findings.push_back({"table", path + ": cannot be read", error.what()});
    return std::nullopt;
  }
}

/// Whether these still stand here.
void examine_table(const std::string& path, Diagnosis& diagnosis) {
  const std::optional<Table> table = table_of(path, diagnosis);
  if (!table) return;
  const Standing standing = standing_of(*table, diagnosis.here);
  const bool fresh = standing.freshness == Freshness::fresh;
  const std::string look = "gemmtune sweep --revalidate " + shell_quoted(path);
  diagnosis.findings.push_back(
      {"table", path + ": " + sentence(standing),
       fresh ? ""
       : standing.freshness == Freshness::stale
           ? "its choices may have lost: sweep again, or see by \"" + look + "\" what they lose"
           : "its choices most likely hold, its times need not: \"" + look + "\" says in seconds"});
}

int run(const Options& options) {
  Diagnosis diagnosis;
  diagnosis.findings.push_back({"gemmtune", std::string(kVersion) + " (" + kRevision + ")", ""});
  examine_worker(options.machine, diagnosis);
  examine_cache(diagnosis);
  examine_rest(diagnosis);
  for (const std::string& table : options.tables) examine_table(table, diagnosis);
  for (const Finding& finding : diagnosis.findings) {
    print(formatted("{:<10}{}\n", finding.what, finding.found));
    if (!finding.advice.empty()) print(formatted("{:<10}! {}\n", "", finding.advice));
  }
  print(formatted("{}\n",
                  diagnosis.exit_code == kExitOk
                      ? diagnosis.simulated ? "A simulated sweep can run here." : "A sweep can run here."
                  : diagnosis.exit_code == kExitNoGpu ? "No sweep can run here: there is no usable GPU."
                                                      : "No sweep can run here."));
  return diagnosis.unreadable ? kExitUsage : diagnosis.exit_code;
}

}  // namespace

Run add_doctor(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Looks at what a sweep needs: the worker program, a Hopper GPU and its driver, the compiler, cuBLASLt, "
      "the cache "
      "of compiled kernels. Exit code 0: a sweep can run; 5: all is well but for the GPU; 1: something else "
      "is "
      "missing. Of tables that are named it says whether they still stand here: FRESH, RE-VALIDATE or "
      "STALE; 2: one cannot be read.");
  command.option("tables", options->tables, "tables, or folders or journals of sweeps").type_name("TABLE");
  add_device_option(command, options->machine);
  command.footer(
      "Examples\n"
      "  gemmtune doctor\n"
      "  gemmtune doctor --device 1\n"
      "  gemmtune doctor results/h100-sxm/dsv3");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
