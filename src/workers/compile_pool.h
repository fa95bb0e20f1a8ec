// Compiles many configurations at once. Each thread has a worker of its own, so a compiler that crashes costs
// one configuration.
#pragma once

#include "core/ports.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace gemmtune::workers {

/// Called on the thread that the worker is for.
using WorkerFactory = std::function<std::unique_ptr<Worker>()>;

/// Told of each request as it is done; never by two threads at a time.
using CompileDone = std::function<void(std::size_t index, const Outcome<CompileReport>& outcome)>;

/// Reason of what was not compiled because of `stop`; `done` is not told of these.
inline constexpr const char* kNotCompiled = "interrupted before it was compiled";

/// Outcomes in the order of `requests`. At most `jobs` workers at a time (at least one). Once `stop` is set,
/// no further request is begun. What a worker, `make_worker` or `done` throws ends the work and is thrown on
/// from here.
std::vector<Outcome<CompileReport>> compile_all(const std::vector<CompileRequest>& requests, unsigned jobs,
                                                const WorkerFactory& make_worker, const CompileDone& done,
                                                const std::atomic<bool>& stop);

}  // namespace gemmtune::workers
