// A kernel and its macros to a cubin that may be launched: from the cache, or from NVRTC.
#pragma once

#include "cache/cubin_cache.h"
#include "core/messages.h"
#include "family/family.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::jit {

/// Macros besides a configuration's: the defects that the GPU tests plant.
using Defines = std::vector<std::pair<std::string, std::string>>;

/// A file of kernels/ and its macros.
struct Job {
  std::string main;  ///< "kernels/gemm/dense_1d2d.cuh"
  Defines defines;
  /// For profilers: where keep_sources() put them. The cubin gets a table of the lines there; its code stays
  /// the same, its key and artefact are others. Empty: no table.
  std::filesystem::path line_table = {};
};

/// What the compiler sees of a configuration: its parameters in upper case.
Defines defines_of(const Config& compiled);

/// The job of one candidate: what the compiler sees of it is `family.compiled`.
Job job_for(const family::Family& family, const Config& compiled, const Defines& extra = {});

struct Compiled {
  CompileReport report;
  std::string cubin;
};

/// What NVRTC rejects, what spills and what ptxas objects to is a Failure (`compile`) with that reason.
/// The sources are kernel_sources(); UserError when $GEMMTUNE_KERNELS cannot be read.
Outcome<Compiled> compile(const Job& job, cache::CubinCache& cache);

/// The same code as PTX, for tests; not cached.
Outcome<std::string> to_ptx(const Job& job);

}  // namespace gemmtune::jit
