// The machine that a command runs on, seen through workers.
#pragma once

#include "core/ports.h"
#include "tune/sweep_plan.h"
#include "tune/tuner.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gemmtune::cli {

struct MachineOptions {
  int device = 0;
  unsigned jobs = 0;  ///< compilers at a time
};

void add_device_option(CLI::App& command, MachineOptions& options);
void add_jobs_option(CLI::App& command, MachineOptions& options);

/// A worker on one GPU, as --device counts them: among those that CUDA_VISIBLE_DEVICES leaves.
std::unique_ptr<Worker> gpu_worker(int device);

/// Throws UserError (exit 5), with what can be done without one, when there is no usable GPU.
Environment require_gpu(Worker& worker);

DeviceLimits limits_of(const Environment& environment);

/// Compiles with `jobs` workers that see no GPU. What was not compiled because of `stop` is a failure too:
/// check it.
tune::Cubins compile_cubins(const std::vector<CompileRequest>& cubins, unsigned jobs, Progress& progress,
                            const std::atomic<bool>& stop);

}  // namespace gemmtune::cli
