// The boards that a sweep runs on: one, or several of this host at once.
#pragma once

#include "cli/machine.h"
#include "core/environment.h"
#include "workers/trace.h"

#include <memory>
#include <string>
#include <vector>

namespace gemmtune::cli {

struct Board {
  std::string name;  ///< for people: `GPU 1`
  std::unique_ptr<Worker> worker;
  Environment environment;
  int lane = 0;  ///< of a trace
};

/// Boards of one kind, whose times may stand in one table.
struct Boards {
  std::vector<Board> boards;
  workers::WorkerFactory compilers;
};

/// `NVIDIA H100 80GB HBM3 (GPU 0, GPU 1)`, for people; of one board the device alone.
std::string names_of(const std::vector<Board>& boards);

/// A folder's name for each kind of boards, where there are several: `h100-sxm-1`.
std::string slug_of_kind(const Environment& environment, std::size_t index);

/// --device, which may name several: `0,1`, `all`, `sim:h100-sxm*2`.
Option& add_devices_option(Command& command, MachineOptions& options);

/// From here on what the boards and their compilers are asked are spans of the trace.
void trace_boards(Boards& boards, workers::Trace& trace);

/// Those of --device, by kind in the order of their first. Throws UserError when one that was named cannot be
/// used (exit 5). `all` takes those that can run the kernels, and says which it leaves out.
std::vector<Boards> open_boards(const MachineOptions& options);

}  // namespace gemmtune::cli
