// `gemmtune ceilings`: what this GPU can do, measured now.
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "cli/policy_options.h"
#include "cli/progress.h"
#include "cli/run_folder.h"
#include "core/json.h"
#include "report/ceilings.h"
#include "report/phrases.h"
#include "store/ceilings.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"
#include "util/version.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace gemmtune::cli {

namespace {

struct Options {
  MachineOptions machine;
  std::optional<Timer> timer;
  std::string out;
  bool force = false;
  OutputOptions output;
};

/// results/<device> unless --out names another folder: ceilings are the device's, not a sweep's.
RunFolder folder_of(const Options& options, const Environment& environment) {
  return choose_folder(options.out, environment.device, "");
}

/// One figure of each probe: a run in which one failed has written the others.
bool is_complete(const Ceilings& ceilings) {
  constexpr std::array<std::string_view, kProbes.size()> kFigures = {
      "launch_us",          "h2d",        "cold_read", "l2_read", "hbm_read", "fp8_wgmma",
      "fp8_wgmma_promoted", "bf16_wgmma", "fp32_fma"};
  return std::ranges::all_of(kFigures, [&](std::string_view name) {
    return std::ranges::find(ceilings.ceilings, name, &Ceiling::name) != ceilings.ceilings.end();
  });
}

/// Those of the folder, if they still hold.
std::optional<Ceilings> still_fresh(const RunFolder& folder, const Environment& environment, Timer timer) {
  if (!std::filesystem::exists(folder.ceilings())) return std::nullopt;
  try {
    Ceilings found = store::read_ceilings(folder.ceilings());
    if (found.timer == timer && is_complete(found) && store::is_fresh(found, environment, timestamp_utc()))
      return found;
    log_info("{}: incomplete, of another board, driver, build or timer, or older than a day: measured again",
             folder.ceilings().string());
  } catch (const UserError& error) {
    log_warn("{}; it is written anew", error.what());
  }
  return std::nullopt;
}

/// Another program's file of that name stays.
void refuse_foreign(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return;
  const Json json = parse_json(read_file(path));
  if (!json.is_discarded() && (!json.is_object() || !json.contains("schema")))
    throw UserError(path.string() +
                    " is no file of gemmtune's and is left alone: name another folder by --out");
}

/// What one command measured; `failure` is the first probe's that failed.
struct Measured {
  Ceilings ceilings;
  std::optional<Failure> failure;
};

/// Probe after probe, and what fails is left out.
Measured measure_all(Worker& worker, const Environment& environment, Timer timer,
                     const std::atomic<bool>& stop) {
  Measured measured{{environment, "", timer, {}}, std::nullopt};
  ProgressLine progress;
  progress.begin("ceilings", kProbes.size(), static_cast<double>(kProbes.size()));
  for (const std::string_view probe : kProbes) {
    if (stop) break;
    auto report = worker.ceilings({std::string(probe), timer});
    if (report) {
      auto& all = measured.ceilings.ceilings;
      all.insert(all.end(), report->ceilings.begin(), report->ceilings.end());
    } else {
      log_warn("{}: {}", probe, report.error().reason);
      if (!measured.failure) measured.failure = report.error();
    }
    progress.step(std::string(probe), 1);
  }
  progress.end();
  measured.ceilings.timestamp = timestamp_utc();
  return measured;
}

std::string show(const Ceilings& ceilings, const std::string& format) {
  const report::Format chosen = report::parse_format(format);
  if (chosen == report::Format::json) return store::to_text(ceilings);
  const bool for_people = chosen == report::Format::table || chosen == report::Format::md;
  const std::string notice =
      for_people && ceilings.environment.simulated ? std::string(report::kSimulatedNotice) + "\n\n" : "";
  return notice + render(report::ceilings_grid(ceilings, for_people), chosen);
}

int run(const Options& options) {
  const std::atomic<bool>& stop = watch_for_interrupts();
  MachineOptions machine_options = options.machine;
  machine_options.sees_all = true;
  const Machine machine = open_machine(machine_options);
  Environment environment = require_gpu(*machine.device);
  environment.tool = kVersion;
  environment.revision = kRevision;
  const Timer timer = choose_timer(options.timer, environment);
  const RunFolder folder = folder_of(options, environment);
  refuse_foreign(folder.ceilings());
  if (!options.force) {
    if (const auto fresh = still_fresh(folder, environment, timer)) {
      log_info("{}: measured at {}; --force measures again", folder.ceilings().string(), fresh->timestamp);
      emit(show(*fresh, options.output.format), options.output);
      return kExitOk;
    }
  }
  create_folder(folder, /*resume=*/true);
  const Measured measured = measure_all(*machine.device, environment, timer, stop);
  if (stop) return interrupted_exit_code();
  if (measured.ceilings.ceilings.empty())
    throw UserError("nothing could be measured: " + measured.failure->reason, kExitInternal);
  write_file_atomic(folder.ceilings(), store::to_text(measured.ceilings));
  log_info("wrote {}", folder.ceilings().string());
  emit(show(measured.ceilings, options.output.format), options.output);
  if (!measured.failure) return kExitOk;
  return measured.failure->invalidity == Invalidity::correctness ? kExitWrongResults : kExitInternal;
}

}  // namespace

Run add_ceilings(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Measures what this GPU can do, now, in about a minute: reading, writing and copying its memory (by "
      "size with a cold cache, too), reading the L2, FP8 and BF16 on the tensor cores, FP32, launches, "
      "transfers; in bursts and sustained, with clocks, power and temperature. Each kernel is checked to do "
      "all of its work before it is timed. Writes ceilings.json, which reports and sweeps in that folder, or "
      "in folders directly below it, read; one of the same board, driver and build that is less than a day "
      "old is "
      "shown again instead. Exit code 3: a kernel left out work; 1: something could not be measured; the "
      "other figures are written all the same.");
  add_device_option(command, options->machine);
  command.option("--out", options->out, "folder for ceilings.json; without it, results/<device>")
      .type_name("DIR");
  command.flag("--force", options->force, "measure again, however fresh the file is");
  add_timer_option(command, options->timer);
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune ceilings\n"
      "  gemmtune ceilings --out results/h100-sxm/dsv3 --format json\n"
      "  gemmtune ceilings --device sim:h100-sxm --out /tmp/sim");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
