#include "cli/machine.h"

#include "cli/interrupt.h"
#include "cli/log.h"
#include "model/machine.h"
#include "util/error.h"
#include "util/text.h"
#include "workers/process_worker.h"
#include "workers/simulated_worker.h"
#include "workers/worker_path.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <thread>

namespace gemmtune::cli {

namespace {

constexpr const char* kVisible = "CUDA_VISIBLE_DEVICES";

workers::Command command_that_sees(const std::string& devices) {
  return {workers::find_worker(), {{kVisible, devices}}};
}

std::unique_ptr<Worker> worker_that_sees(const std::string& devices) {
  return std::make_unique<workers::ProcessWorker>(command_that_sees(devices));
}

constexpr std::string_view kSimulated = "sim:";
constexpr const char* kAuto = "auto";

/// Null when `device` is none of the simulated ones.
const model::SimulatedMachine* simulated_machine(const std::string& device) {
  return device.starts_with(kSimulated) ? model::find_machine(device.substr(kSimulated.size())) : nullptr;
}

/// CUDA ignores what follows the first number that is no device, so that more may be named than there are.
std::vector<std::string> visible_devices() {
  if (const char* visible = std::getenv(kVisible)) return split(visible, ',');
  constexpr int kMostDevices = 16;
  std::vector<std::string> devices;
  for (int i = 0; i < kMostDevices; ++i) devices.push_back(std::to_string(i));
  return devices;
}

/// As CUDA_VISIBLE_DEVICES of a worker shows it that GPU alone, or where it is to see all, the others behind
/// it.
std::string visible_device(int device, bool sees_all) {
  const char* visible = std::getenv(kVisible);
  if (!visible && !sees_all) return std::to_string(device);
  const std::vector<std::string> devices = visible_devices();
  if (static_cast<std::size_t>(device) >= devices.size())
    throw UserError("--device " + std::to_string(device) + ": " +
                    (visible ? std::string(kVisible) + "=" + visible + " leaves only "
                             : "more than there can be: at most ") +
                    std::to_string(devices.size()));
  std::string seen = devices[static_cast<std::size_t>(device)];
  for (std::size_t i = 0; sees_all && i < devices.size(); ++i)
    if (i != static_cast<std::size_t>(device)) seen += "," + devices[i];
  return seen;
}

std::unique_ptr<Worker> gpu_worker(int device, bool sees_all) {
  return worker_that_sees(visible_device(device, sees_all));
}

Machine open_simulated(const model::SimulatedMachine& machine, const std::string& uuid) {
  const auto faults = workers::SimulatedFaults::from_environment();
  try {
    std::unique_ptr<Worker> compiler = worker_that_sees("");
    compiler->describe();  // throws when it does not start
    return {std::make_unique<workers::SimulatedWorker>(machine, std::move(compiler), faults, uuid),
            compilers()};
  } catch (const UserError& error) {
    log_warn("kernels are not compiled, only modelled: {}", error.what());
  }
  const auto without_compiler = [&machine, faults, uuid] {
    return std::make_unique<workers::SimulatedWorker>(machine, nullptr, faults, uuid);
  };
  return {without_compiler(), without_compiler};
}

/// The first GPU if the kernels run on it; else null.
std::unique_ptr<Worker> usable_gpu() {
  try {
    std::unique_ptr<Worker> worker = gpu_worker(0, false);
    const auto environment = worker->describe();
    if (environment && environment->sms > 0 && environment->cc_major == 9 && environment->cc_minor == 0)
      return worker;
  } catch (const UserError&) {
    // Opening the simulated device starts the same program, and says what is the matter with it.
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> device_words() {
  std::vector<std::string> words = {kAuto};
  for (const model::SimulatedMachine* machine : model::machines())
    words.push_back(std::string(kSimulated) + machine->name);
  return words;
}

std::string complaint_about_device(const std::string& device) {
  const bool number =
      !device.empty() && device.size() <= 4 &&
      std::all_of(device.begin(), device.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (number || device == kAuto || simulated_machine(device) != nullptr) return "";
  return "expected a GPU's number, " + join(device_words(), " or ") + ", not \"" + printable(device) + "\"";
}

void add_device_option(Command& command, MachineOptions& options) {
  command
      .option("--device", options.device,
              "number of the GPU; sim:h100-sxm: a model of that board, where there is none; auto: a GPU if "
              "there is one, else the model")
      .type_name("N")
      .suggests(device_words())
      .environment("GEMMTUNE_DEVICE")
      .check(complaint_about_device);
}

Option& add_jobs_option(Command& command, MachineOptions& options) {
  return command.option("--jobs", options.jobs, "kernels compiled at a time; without it, one a core")
      .type_name("N")
      .environment("GEMMTUNE_JOBS")
      .range(1, 1024)
      .default_text("");
}

int visible_device_count() {
  return static_cast<int>(visible_devices().size());
}

Machine open_machine(const MachineOptions& options) {
  if (const auto* machine = simulated_machine(options.device))
    return open_simulated(*machine, options.simulated_uuid);
  if (options.device != kAuto) return {gpu_worker(std::stoi(options.device), options.sees_all), compilers()};
  if (auto gpu = usable_gpu()) return {std::move(gpu), compilers()};
  log_warn("NO GPU HERE: --device auto goes on with a SIMULATED H100; its times come from a model");
  return open_simulated(model::h100_sxm(), options.simulated_uuid);
}

workers::Command gpu_worker_command(const MachineOptions& options) {
  if (simulated_machine(options.device) != nullptr)
    throw UserError("--device " + options.device +
                    " is a model, which no profiler can look into; give the number of a GPU");
  return command_that_sees(visible_device(options.device == kAuto ? 0 : std::stoi(options.device), false));
}

Environment require_gpu(const Outcome<Environment>& environment) {
  const std::string advice =
      "; without one: \"gemmtune plan\" shows the candidates, \"gemmtune compile\" compiles "
      "them, --device sim:h100-sxm simulates a GPU, \"gemmtune doctor\" says what is missing";
  if (!environment) throw UserError("no usable GPU: " + environment.error().reason + advice, kExitNoGpu);
  if (environment->sms == 0) throw UserError("no usable GPU here" + advice, kExitNoGpu);
  return *environment;
}

Environment require_gpu(Worker& worker) {
  return require_gpu(worker.describe());
}

DeviceLimits limits_of(const Environment& environment) {
  return {environment.device, environment.sms, environment.smem_bytes};
}

DeviceLimits limits_of(const MachineOptions& options) {
  if (const auto* machine = simulated_machine(options.device))
    return {machine->device, machine->sms, machine->smem_bytes};
  return limits_of(require_gpu(*open_machine(options).device));
}

workers::WorkerFactory compilers() {
  return [] {
    return std::make_unique<workers::ProcessWorker>(command_that_sees(""),
                                                    workers::Deadlines::from_environment(), &interrupted());
  };
}

workers::CompileAhead compile_ahead(const tune::SweepPlan& plan, const workers::WorkerFactory& compilers,
                                    unsigned jobs, const std::atomic<bool>& stop,
                                    const std::map<std::size_t, Failure>& failed,
                                    std::function<void()> compiled, workers::CompileAhead::Begin begin) {
  if (jobs == 0) jobs = std::max(1u, std::thread::hardware_concurrency());
  return {plan.cubins, jobs, compilers, stop, failed, std::move(compiled), begin};
}

tune::Cubins cubins_of(workers::CompileAhead& compiling) {
  return [&compiling, warned = false](std::size_t index) mutable -> const Outcome<CompileReport>& {
    const auto& outcome = compiling.get(index);
    if (!warned && outcome && !outcome->warning.empty()) {
      log_warn("no compiled kernel is kept: {}. Set GEMMTUNE_CACHE_DIR to a folder that you may write to",
               outcome->warning);
      warned = true;
    }
    return outcome;
  };
}

}  // namespace gemmtune::cli
