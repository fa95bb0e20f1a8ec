// The machine that a command runs on, seen through workers: a GPU, or a model of one.
#pragma once

#include "cli/command.h"
#include "core/ports.h"
#include "tune/sweep_plan.h"
#include "workers/compile_ahead.h"
#include "workers/process.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gemmtune::cli {

struct MachineOptions {
  std::string device = "0";         ///< a GPU's number, `sim:` and a machine's name, or `auto`
  unsigned jobs = 0;                ///< compilers at a time
  bool sees_all = false;            ///< the worker sees the other GPUs too, behind its own
  std::string simulated_uuid = {};  ///< of a board that is simulated, where there are several
};

void add_device_option(Command& command, MachineOptions& options);

/// What is wrong with the --device of one board; empty when nothing is.
std::string complaint_about_device(const std::string& device);

/// The values of --device that are no number.
std::vector<std::string> device_words();

Option& add_jobs_option(Command& command, MachineOptions& options);

/// What runs kernels, and what compiles them for it.
struct Machine {
  std::unique_ptr<Worker> device;
  workers::WorkerFactory compilers;
};

/// A worker on one GPU, as --device counts them: among those that CUDA_VISIBLE_DEVICES leaves. Or the
/// simulated device, which says on stderr when kernels are not even compiled; `auto` says when it is taken.
Machine open_machine(const MachineOptions& options);

/// How many GPUs there can be: as many as CUDA_VISIBLE_DEVICES names, or 16.
int visible_device_count();

/// How to start the worker of a real GPU (of `auto`, the first). Throws UserError for a simulated one.
workers::Command gpu_worker_command(const MachineOptions& options);

/// Throws UserError (exit 5), with what can be done without one, when there is no usable GPU.
Environment require_gpu(Worker& worker);
Environment require_gpu(const Outcome<Environment>& environment);

DeviceLimits limits_of(const Environment& environment);

/// Those of --device; a simulated device is not even opened for them.
DeviceLimits limits_of(const MachineOptions& options);

/// Workers that compile and see no GPU.
workers::WorkerFactory compilers();

/// Begins to compile the cubins of a plan, in their order, with `jobs` workers; 0: one a core. Those in
/// `failed` are known to fail; `compiled` hears of each of the others, on another thread.
workers::CompileAhead compile_ahead(
    const tune::SweepPlan& plan, const workers::WorkerFactory& compilers, unsigned jobs,
    const std::atomic<bool>& stop, const std::map<std::size_t, Failure>& failed = {},
    std::function<void()> compiled = [] {},
    workers::CompileAhead::Begin begin = workers::CompileAhead::Begin::all);

/// What the tuning loop sees of it. Warns, once, when no compiled kernel can be kept.
tune::Cubins cubins_of(workers::CompileAhead& compiling);

}  // namespace gemmtune::cli
