#include "cli/machine.h"

#include "util/error.h"
#include "util/text.h"
#include "workers/compile_pool.h"
#include "workers/process_worker.h"
#include "workers/worker_path.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace gemmtune::cli {

namespace {

constexpr const char* kVisible = "CUDA_VISIBLE_DEVICES";

std::unique_ptr<Worker> worker_that_sees(const std::string& devices) {
  return std::make_unique<workers::ProcessWorker>(
      workers::Command{workers::find_worker(), {{kVisible, devices}}});
}

}  // namespace

void add_device_option(CLI::App& command, MachineOptions& options) {
  command.add_option("--device", options.device, "number of the GPU")
      ->type_name("N")
      ->envname("GEMMTUNE_DEVICE")
      ->check(CLI::Range(0, 1023));
}

void add_jobs_option(CLI::App& command, MachineOptions& options) {
  command.add_option("--jobs", options.jobs, "kernels compiled at a time; without it, one a core")
      ->type_name("N")
      ->envname("GEMMTUNE_JOBS")
      ->check(CLI::Range(1, 1024))
      ->default_str("");
}

std::unique_ptr<Worker> gpu_worker(int device) {
  const char* visible = std::getenv(kVisible);
  if (!visible) return worker_that_sees(std::to_string(device));
  const std::vector<std::string> devices = split(visible, ',');
  if (static_cast<std::size_t>(device) >= devices.size())
    throw UserError("--device " + std::to_string(device) + ": " + kVisible + "=" + visible + " leaves only " +
                    std::to_string(devices.size()));
  return worker_that_sees(devices[static_cast<std::size_t>(device)]);
}

Environment require_gpu(Worker& worker) {
  const auto environment = worker.describe();
  const std::string advice =
      "; without one: \"gemmtune plan\" shows the candidates, \"gemmtune compile\" compiles "
      "them, \"gemmtune doctor\" says what is missing";
  if (!environment) throw UserError("no usable GPU: " + environment.error().reason + advice, kExitNoGpu);
  if (environment->sms == 0) throw UserError("no usable GPU here" + advice, kExitNoGpu);
  return *environment;
}

DeviceLimits limits_of(const Environment& environment) {
  return {environment.device, environment.sms, environment.smem_bytes};
}

tune::Cubins compile_cubins(const std::vector<CompileRequest>& cubins, unsigned jobs, Progress& progress,
                            const std::atomic<bool>& stop) {
  if (jobs == 0) jobs = std::max(1u, std::thread::hardware_concurrency());
  progress.begin("compile", cubins.size());
  auto outcomes = workers::compile_all(
      cubins, jobs, [] { return worker_that_sees(""); },
      [&](std::size_t index, const Outcome<CompileReport>&) {
        progress.step(describe(cubins[index].config));
      },
      stop);
  progress.end();
  return outcomes;
}

}  // namespace gemmtune::cli
